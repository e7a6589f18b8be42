"""What a concentration does: effect site, pain and perception, pressure, receptors, slow relief; each with what it may not say."""
