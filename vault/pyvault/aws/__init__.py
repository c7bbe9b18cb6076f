"""The few AWS calls: protocols, and botocore behind them."""
