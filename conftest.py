"""What nbval does not compare: pictures. Their bytes differ between versions of matplotlib."""


def pytest_collectstart(collector):
    """Add SVG to the formats that nbval leaves out, beside PNG; a figure's repr is compared."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("image/svg+xml",)
