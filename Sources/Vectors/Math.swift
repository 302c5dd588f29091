#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The C library's functions, under one name on every platform.
package enum Math {
  package static func exp(_ x: Double) -> Double { _exp(x) }
  package static func log(_ x: Double) -> Double { _log(x) }
  package static func log(_ x: Float) -> Float { _log(x) }
  package static func pow(_ base: Double, _ exponent: Double) -> Double { _pow(base, exponent) }
  package static func cos(_ x: Double) -> Double { _cos(x) }
  package static func sin(_ x: Double) -> Double { _sin(x) }
}

private func _exp(_ x: Double) -> Double { exp(x) }
private func _log(_ x: Double) -> Double { log(x) }
private func _log(_ x: Float) -> Float { logf(x) }
private func _pow(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
private func _cos(_ x: Double) -> Double { cos(x) }
private func _sin(_ x: Double) -> Double { sin(x) }
