/** Lets time pass: a bench waits for real. */
export async function sleep(ms: number): Promise<void> {
  await new Promise((done) => {
    setTimeout(done, ms);
  });
}
