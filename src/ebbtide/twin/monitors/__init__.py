"""The simulated monitors of the demonstration: real messages over a real wire, about nobody."""
