@main struct Shrike { static func main() {} }
