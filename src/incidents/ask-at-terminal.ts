import {createInterface} from 'node:readline';
import {usualColumns} from '../domain/text/wrap.ts';
import type {Invocation} from '../invocation.ts';
import {fold} from '../plain/layout/fit.ts';

/** Lets a person be asked in lines, before a screen opens. */
export async function askAtTerminal<Answer>(
	{terminal, talk, signal}: Invocation,
	ask: (lines: AsyncIterable<string>, means: {say: (text: string) => void; signal: AbortSignal}) => Promise<Answer>,
): Promise<Answer> {
	const lines = createInterface({input: terminal.stdin, terminal: false});
	const say = (text: string) => talk(fold(text, terminal.stderr?.columns ?? usualColumns));
	const answer = await ask(lines, {say, signal}).finally(() => lines.close());
	signal.throwIfAborted();
	return answer;
}
