/** Something that the caller can put right, said in one sentence. */
export class Failure extends Error {}
