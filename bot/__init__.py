"""The running programme: it wires everything, owns every transaction and every loop; nothing else knows it."""
