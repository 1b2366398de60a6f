import type {NamedProgram} from '../../../domain/storage/restart-programs.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';

const findTimeoutMs = 30_000;

/** Two lines a program: its folder, which may be empty, and its name. Prints `no-folder` or `missing` for what is not there. */
const printMissing = `
while IFS= read -r folder && IFS= read -r name; do
	if [ -n "$folder" ] && ! cd "$folder" 2>/dev/null; then
		printf 'no-folder %s\\n' "$folder"
		continue
	fi
	case $name in
		*/*) if [ ! -f "$name" ] || [ ! -x "$name" ]; then printf 'missing %s\\n' "$name"; fi ;;
		*) command -v -- "$name" >/dev/null 2>&1 || command -v "$name" >/dev/null 2>&1 || printf 'missing %s\\n' "$name" ;;
	esac
done
echo end
`;

/** Looks for programs as the shell of the host does, without running any. @returns why a command would not start, a line each */
export async function findMissing(
	programs: readonly NamedProgram[],
	{shell, signal}: Waiting & {shell: Shell},
): Promise<string[]> {
	const input = programs.map(({name, folder = ''}) => `${folder}\n${name}\n`).join('');
	const request = {kind: 'read', script: printMissing, input, timeoutMs: findTimeoutMs} as const;
	const {stdout} = await shell.run(request, {signal});
	const lines = Buffer.from(stdout).toString().split('\n');
	const missing = lines.flatMap(line => {
		const [, word, what = ''] = /^(no-folder|missing) (.+)$/.exec(line) ?? [];
		return word === undefined
			? []
			: [word === 'missing' ? `${what} is not there` : `the folder ${what} cannot be entered`];
	});
	return [...new Set(missing)];
}
