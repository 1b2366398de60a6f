import {asOperatorError} from '../../domain/errors.ts';
import {type ImageReference, parseReference} from '../../domain/image/reference.ts';
import {visibleLine} from '../../domain/text/visible.ts';
import {readLines} from './read-lines.ts';

/** Where a question is written. `signal` calls it off. */
type Asking = {say: (text: string) => void; signal: AbortSignal};

/**
 * Asks for the image of a new incident until the person types one that can be read.
 * @returns undefined where the input ends without one
 */
export async function askImage(
	lines: AsyncIterable<string>,
	{say, signal}: Asking,
): Promise<ImageReference | undefined> {
	const answered = new AbortController();
	let image: ImageReference | undefined;
	say('Which image cannot be pulled? HOST[:PORT]/REPOSITORY:TAG, as the failed pipeline names it.\n> ');

	await readLines(
		lines,
		async line => {
			try {
				image = parseReference(line.trim());
				answered.abort();
			} catch (error) {
				const {message, hint} = asOperatorError(error);
				say(line.trim() === '' ? '> ' : `${visibleLine(message)}\n${visibleLine(hint)}\n> `);
			}
		},
		AbortSignal.any([signal, answered.signal]),
	);
	return image;
}

const takeOverPhrase = 'take over';

/** Names who holds an incident, and takes only the typed phrase for a yes. */
export async function askTakeOver(
	{actor, pid, host, since}: {actor: string; pid: number; host: string; since: string},
	lines: AsyncIterable<string>,
	{say, signal}: Asking,
): Promise<boolean> {
	const answered = new AbortController();
	let isMeant = false;
	say(
		visibleLine(`${actor} is working on this incident (process ${pid} on ${host}, since ${since}).`) +
			`\nIf you take over, regmedic refuses whatever they do next. To take over, type "${takeOverPhrase}".\n> `,
	);
	await readLines(
		lines,
		async line => {
			isMeant = line.trim() === takeOverPhrase;
			answered.abort();
		},
		AbortSignal.any([signal, answered.signal]),
	);
	return isMeant;
}

/** Takes the number of one of them; an empty line, or the end of the input, leaves. @param lines what the person types */
export async function askOne(
	question: string,
	options: readonly string[],
	lines: AsyncIterable<string>,
	{say, signal}: Asking,
): Promise<number | undefined> {
	const answered = new AbortController();
	let chosen: number | undefined;
	const list = options.map((option, n) => `${n + 1}. ${visibleLine(option)}\n`).join('');
	say(`${question}\n${list}Type its number. Enter alone leaves.\n> `);
	await readLines(
		lines,
		async line => {
			const number = /^\d+$/.test(line.trim()) ? Number(line) : 0;
			if (number >= 1 && number <= options.length) {
				chosen = number - 1;
				answered.abort();
			} else if (line.trim() === '') {
				answered.abort();
			} else {
				say(`A number from 1 to ${options.length}.\n> `);
			}
		},
		AbortSignal.any([signal, answered.signal]),
	);
	return chosen;
}

const answers = ['resume', 'another'] as const;

/** Takes one of the two words; anything else leaves. @param about the incident that is open */
export async function askResumeOrAnother(
	about: string,
	lines: AsyncIterable<string>,
	{say, signal}: Asking,
): Promise<(typeof answers)[number] | undefined> {
	const answered = new AbortController();
	let answer: (typeof answers)[number] | undefined;
	say(
		`${visibleLine(about)}\nType "resume" to go on with it, or "another" to open a second one: two incidents can change the same registry at once. Enter alone leaves.\n> `,
	);
	await readLines(
		lines,
		async line => {
			answer = answers.find(each => each === line.trim());
			answered.abort();
		},
		AbortSignal.any([signal, answered.signal]),
	);
	return answer;
}
