/** Makes what is asked for when it is first asked for, once, whoever asks in the meantime. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
