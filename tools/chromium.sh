#!/bin/sh
# The browser tests use the system's Chromium. Install it when this account may; else say what is missing and go on.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if ! command -v apt-get >/dev/null 2>&1; then
  echo "No Chromium here and no apt-get to install it: the browser tests will skip and say so."
  exit 0
fi
if [ "$(id -u)" = 0 ]; then may=""; elif sudo -n true 2>/dev/null; then may="sudo -n"; else
  echo "No Chromium here, and this account may not install it: the browser tests will skip and say so."
  exit 0
fi
echo "Installing Chromium for the browser tests (once)."
if ! { $may apt-get update -qq && DEBIAN_FRONTEND=noninteractive $may apt-get install -y -qq chromium; } >/dev/null 2>&1; then
  echo "Chromium could not be installed: the browser tests will skip and say so."
fi
exit 0
