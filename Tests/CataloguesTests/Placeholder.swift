// The module's tests go here.
