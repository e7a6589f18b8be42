"""Routes of the room infusion."""

from django.urls import URLPattern, path

from ebbtide.journey.infusion.views import api, chair, devices, entries, gate, picture, switches, tablet

app_name = "infusion"
urlpatterns: list[URLPattern] = [
    path("visits/<uuid:id>/open", chair.open_visit, name="open"),
    path("sessions/<uuid:id>", chair.chair, name="chair"),
    path("sessions/<uuid:id>/now", chair.now, name="now"),
    path("sessions/<uuid:id>/vitals", chair.vitals, name="vitals"),
    path("sessions/<uuid:id>/picture", picture.picture, name="picture"),
    path("sessions/<uuid:id>/picture/table", picture.picture_table, name="picture_table"),
    path("sessions/<uuid:id>/prediction", picture.prediction, name="prediction"),
    path("switches/<slug:name>", switches.switch, name="switch"),
    path("switches/<slug:name>/sign", switches.sign, name="sign_switch"),
    path("sessions/<uuid:id>/gate", gate.gate, name="gate"),
    path("sessions/<uuid:id>/gate/sign", gate.sign_gate, name="sign_gate"),
    path("sessions/<uuid:id>/gate/unchanged", gate.unchanged, name="unchanged"),
    path("sessions/<uuid:id>/log/<slug:kind>", entries.log, name="log"),
    path("sessions/<uuid:id>/dose/<slug:kind>", entries.dose, name="dose"),
    path("sessions/<uuid:id>/rate", entries.rate, name="rate"),
    path("sessions/<uuid:id>/entries", api.entries, name="entries"),
    path("sessions/<uuid:id>/tick", tablet.tick, name="tick"),
    path("sessions/<uuid:id>/shell", chair.shell, name="shell"),
    path("sessions/<uuid:id>/blank/<slug:kind>", tablet.blank, name="blank"),
    path("entries/<uuid:id>/correct", entries.correct, name="correct"),
    path("sessions/<uuid:id>/monitor", devices.monitor, name="monitor"),
    path("bindings/<uuid:id>/end", devices.unbind, name="unbind"),
    path("devices", devices.devices, name="devices"),
    path("devices/add", devices.add, name="add_device"),
    path("devices/<uuid:id>/retire", devices.retire, name="retire_device"),
    path("quarantine", devices.quarantine, name="quarantine"),
]
