import {spawn} from 'node:child_process';
import {once} from 'node:events';

type Answer = {asked: RegExp; typed: string};

/**
 * Runs a program at a terminal of its own (`script` of util-linux) and types each answer as soon as its question is there: no time of a
 * person is in what it takes. Each question is answered as often as it comes.
 * @param until what the program prints when it is asked nothing more; then it is told to quit
 * @returns everything it printed
 */
export async function runAnswered(
	command: readonly string[],
	{
		folder,
		environment,
		answers,
		until,
	}: {folder: string; environment: NodeJS.ProcessEnv; answers: readonly Answer[]; until: RegExp},
): Promise<string> {
	const line = command.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
	const child = spawn('script', ['-qefc', line, '/dev/null'], {
		cwd: folder,
		env: environment,
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const over = once(child, 'close');
	let said = '';
	let answered = 0;
	let isEnding = false;
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		said += text;
		for (let next = firstAsked(); next !== undefined && !isEnding; next = firstAsked()) {
			answered = next.end;
			child.stdin.write(next.typed);
		}

		if (!isEnding && until.test(said)) {
			isEnding = true;
			child.stdin.write('quit\n');
		}
	});
	child.stdin.on('error', () => {});
	await over;
	return said;

	function firstAsked(): {end: number; typed: string} | undefined {
		const rest = said.slice(answered);
		const found = answers.flatMap(({asked, typed}) => {
			const match = asked.exec(rest);
			return match === null ? [] : [{end: answered + match.index + match[0].length, typed}];
		});
		return found.sort((one, other) => one.end - other.end)[0];
	}
}
