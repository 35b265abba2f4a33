// Products modulo the prime of SRP, computed in WebAssembly (montgomery.wat); converts numbers to its memory and back.
// docs/decisions/modular-arithmetic.md gives the reasons.
import { srpPrime } from '../../rules/srp.ts'
import { montgomeryModule } from './montgomery.gen.ts'

const limbBits = 28
const limbs = 112

/** The bytes of a number in memory. The factor b of a product must be followed by `paddingBytes` zero bytes. */
export const numberBytes: number = 4 * limbs
export const paddingBytes = 16

/** The first place in memory that callers may use; montgomery.wat sets the size of the memory. */
export const firstPlace = 1536

/** The number of entries that `select` chooses from. */
export const selectable = 64

/** R, the factor by which `multiply` divides: modulo N, `multiply` of a and b·R gives a·b. */
export const montgomeryFactor: bigint = 1n << BigInt(limbBits * limbs)

/** Arithmetic on numbers in memory. Its time and its memory accesses do not depend on the values of the numbers. */
export type Montgomery = {
  /** Writes a number below 2N. */
  put(place: number, value: bigint): void
  get(place: number): bigint
  /** Writes a·b/R modulo N, below 2N, for a and b below 2N. The result may lie where a or b lies. */
  multiply(a: number, b: number, result: number): void
  /** Copies entry `wanted` of a row of numbers. */
  select(numbers: number, wanted: number, result: number): void
}

type Exports = Pick<Montgomery, 'multiply' | 'select'> & { readonly memory: { readonly buffer: ArrayBuffer } }

// TypeScript declares WebAssembly with the browser types only.
const { Module, Instance } = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object
      Instance: new (module: object) => { readonly exports: Exports }
    }
  }
).WebAssembly

/** Makes arithmetic modulo the prime of SRP, with its own memory. */
export const makeMontgomery = (): Montgomery => {
  const { exports } = new Instance(new Module(Buffer.from(montgomeryModule, 'base64')))
  const limbsAt = (place: number): Uint32Array => new Uint32Array(exports.memory.buffer, place, limbs)
  limbsAt(0).set(limbsOf(srpPrime))
  return {
    put: (place, value) => limbsAt(place).set(limbsOf(value)),
    get: (place) => numberOf(limbsAt(place)),
    multiply: exports.multiply,
    select: exports.select,
  }
}

const limbsOf = (value: bigint): number[] =>
  Array.from({ length: limbs }, (_, index) => Number(BigInt.asUintN(limbBits, value >> BigInt(limbBits * index))))

/** Reads a number from its limbs. Two limbs are seven bytes. */
const numberOf = (values: Uint32Array): bigint => {
  const bytes = Buffer.alloc((limbs * limbBits) / 8)
  for (let index = 0, end = bytes.length; index < limbs; index += 2, end -= 7) {
    const [low = 0, high = 0] = [values[index], values[index + 1]]
    bytes.writeUInt32BE(high * 16 + (low >>> 24), end - 7)
    bytes.writeUIntBE(low & 0xffffff, end - 3, 3)
  }
  return BigInt(`0x${bytes.toString('hex')}`)
}
