import {visibleLine} from '../../domain/text/visible.ts';
import {listen} from './listen.ts';

const phrase = 'take over';

/** Says who holds an incident and wants the words typed. Anything else, or nobody, is a no. */
export async function askTakeOver(
	{actor, pid, host, since}: {actor: string; pid: number; host: string; since: string},
	lines: AsyncIterable<string>,
	{say, signal}: {say: (text: string) => void; signal: AbortSignal},
): Promise<boolean> {
	const over = new AbortController();
	let isMeant = false;
	say(
		visibleLine(`${actor} is working on this incident (process ${pid} on ${host}, since ${since}).`) +
			`\nWhat they do next will be refused. To go on in their place, type "${phrase}".\n> `,
	);
	await listen(
		lines,
		async line => {
			isMeant = line.trim() === phrase;
			over.abort();
		},
		AbortSignal.any([signal, over.signal]),
	);
	return isMeant;
}
