// The module's files go here.
