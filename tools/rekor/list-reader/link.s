// Lets main.go declare a function that another package has: Go asks for a body where there is no such file.
