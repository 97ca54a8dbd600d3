/**
 * A transform of the AssemblyScript compiler: what Binaryen is to do for an interpreter, to which each
 * instruction and each call has its price, and the compiler does not ask for.
 *
 * Small constants are folded into the offsets of loads and stores. That is right where nothing lies below
 * 1024, and the memory map begins at 4096; the compiler itself takes it for granted only where it chooses
 * the base of its data, which here `memoryBase` does.
 *
 * A function that is called in one place stands there, however long it is: the compiler's own limit comes
 * after this and is for machine code, whose calls are cheap.
 */

/** Longer than any function of the core, in Binaryen's count. */
const ANY_SIZE = 10_000;
/** Binaryen puts only so many others into one function in a pass; after these nothing is left to do. */
const PASSES = ["inlining-optimizing", "inlining-optimizing", "inlining-optimizing"];

// The compiler takes the default export.
// biome-ignore lint/style/noDefaultExport: see above
export default class {
  /** Called between the compiler and its optimizer, which sets its own limits before it begins. */
  afterCompile(module) {
    this.binaryen.setLowMemoryUnused(true);
    this.binaryen.setAlwaysInlineMaxSize(0);
    this.binaryen.setFlexibleInlineMaxSize(0);
    this.binaryen.setOneCallerInlineMaxSize(ANY_SIZE);
    this.binaryen.setAllowInliningFunctionsWithLoops(true);
    module.runPasses(PASSES);
  }
}
