/**
 * A transform of the AssemblyScript compiler: lets Binaryen fold small constants into the offsets of
 * loads and stores. That is right where nothing lies below 1024, and the memory map begins at 4096;
 * the compiler itself takes it for granted only where it chooses the base of its data, which here
 * `memoryBase` does. An interpreter runs the core a tenth faster for it.
 */

// The compiler takes the default export.
// biome-ignore lint/style/noDefaultExport: see above
export default class {
  /** Called between the compiler and its optimizer. */
  afterCompile() {
    this.binaryen.setLowMemoryUnused(true);
  }
}
