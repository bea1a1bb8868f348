// The C library's elementary functions under names of our own, so that every file does not import it.
import Glibc

func naturalLogarithm(_ x: Double) -> Double { log(x) }

func exponential(_ x: Double) -> Double { exp(x) }

func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// log Γ(x) for x > 0.
func logGamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  // The reentrant form: the plain one writes a global.
  return unsafe lgamma_r(x, &sign)
}

/// The derivative of log Γ(x) for x > 0: below 8 by ψ(x) = ψ(x + 1) - 1 / x, beyond by the asymptotic series; error below 1e-11.
func digamma(_ x: Double) -> Double {
  var (x, sum) = (x, 0.0)
  while x < 8 {
    sum -= 1 / x
    x += 1
  }
  let square = 1 / (x * x)
  let series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
  return sum + log(x) - 0.5 / x - series
}

/// 1 / (1 + e^-x) without overflow.
func logistic(_ x: Double) -> Double {
  if x >= 0 { return 1 / (1 + exp(-x)) }
  let e = exp(x)
  return e / (1 + e)
}
