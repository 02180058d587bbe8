/** What is sent by {@link postForm}. */
export interface FormPost {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Posts a form and gives the answer. Rejects with the system's error, or when no answer comes in time. */
export async function postForm(
  url: URL,
  { form, headers, timeoutMs }: FormPost,
): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { accept: 'application/json', ...headers },
    signal: AbortSignal.timeout(timeoutMs),
  });
  return { status: answer.status, text: await answer.text() };
}
