"""The chair's figures: each module measures one thing and hands back rows; `make bench-chair` prints and writes them."""
