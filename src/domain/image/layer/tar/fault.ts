/** Why an archive cannot be unpacked, in a few words about "it", the layer. Thrown and caught in this folder. */
export class TarFault extends Error {}
