import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Nobody has gone through a gate before this: the column is added to an empty table."""

    dependencies = [
        ("careplan", "0002_order_keeps_its_dosing_field"),
        ("infusion", "0002_samples_by_month"),
    ]

    operations = [
        migrations.AddField(
            model_name="startgate",
            name="order",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="careplan.orderversion"
            ),
        ),
    ]
