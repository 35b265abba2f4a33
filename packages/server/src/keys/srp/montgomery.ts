// Products modulo the prime of SRP in WebAssembly (montgomery.wat), and how numbers get there and back.
// docs/decisions/modular-arithmetic.md says why.
import { srpPrime } from '../../rules/srp.ts'
import { montgomeryModule } from './montgomery.gen.ts'

const limbBits = 28
const limbs = 112

/** Bytes of a number in memory. The one that is b of a product has as many zeros behind it as `paddingBytes`. */
export const numberBytes: number = 4 * limbs
export const paddingBytes = 16

/** From where the memory is the caller's, as far as montgomery.wat makes it reach. */
export const firstPlace = 1536

/** How many numbers `select` selects from. */
export const selectable = 64

/** R, by which `multiply` divides: modulo N, the product of a and b·R is a·b. */
export const montgomeryFactor: bigint = 1n << BigInt(limbBits * limbs)

/** Arithmetic on numbers that lie at places of a memory. How long it takes depends on no number, nor does what it reads. */
export type Montgomery = {
  /** Writes a number below 2N. */
  put(place: number, value: bigint): void
  get(place: number): bigint
  /** Writes a·b/R modulo N, below 2N, for a and b below 2N. The result may lie where a or b lies. */
  multiply(a: number, b: number, result: number): void
  /** Writes one of the numbers that lie one behind the other. */
  select(numbers: number, wanted: number, result: number): void
}

type Exports = Pick<Montgomery, 'multiply' | 'select'> & { readonly memory: { readonly buffer: ArrayBuffer } }

// TypeScript has the types of it among those of browsers.
const { Module, Instance } = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object
      Instance: new (module: object) => { readonly exports: Exports }
    }
  }
).WebAssembly

const limbsOf = (value: bigint): number[] =>
  Array.from({ length: limbs }, (_, index) => Number(BigInt.asUintN(limbBits, value >> BigInt(limbBits * index))))

/** The number that limbs stand for. Two limbs are seven bytes. */
const numberOf = (values: Uint32Array): bigint => {
  const bytes = Buffer.alloc((limbs * limbBits) / 8)
  for (let index = 0, end = bytes.length; index < limbs; index += 2, end -= 7) {
    const [low = 0, high = 0] = [values[index], values[index + 1]]
    bytes.writeUInt32BE(high * 16 + (low >>> 24), end - 7)
    bytes.writeUIntBE(low & 0xffffff, end - 3, 3)
  }
  return BigInt(`0x${bytes.toString('hex')}`)
}

/** Makes arithmetic modulo the prime of SRP, with a memory of its own. */
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
