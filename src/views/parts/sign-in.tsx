import { useState } from 'preact/hooks';
import { signIn } from './who.js';

/** A field for the token, and what the bridge said of it. */
export function SignIn({ message, onDone }: { message: string; onDone: () => void }) {
  const [token, setToken] = useState('');
  const [told, setTold] = useState(message);
  const submit = async () => {
    const refused = await signIn(token.trim());
    if (refused === undefined) onDone();
    else setTold(refused);
  };
  return (
    <main class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h1>Who is there?</h1>
        <label>
          Token
          <input
            type="password"
            autocomplete="current-password"
            required
            // biome-ignore lint/a11y/noAutofocus: it is all that this page is for
            autoFocus
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Come in</button>
        <p role="alert">{told}</p>
        <p class="quiet">It stands beside your name in the access list of the bridge file.</p>
      </form>
    </main>
  );
}
