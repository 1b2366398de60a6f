import type {Shell} from '../../../engine/ports/shell.ts';
import type {StoreSurvey} from '../../../engine/ports/storage.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {readComplaints} from '../complaints.ts';
import {enterRoot, rejectRootExits} from '../store-root.ts';

const findSeconds = 30;
const surveyTimeoutMs = 60_000;
const mostNamed = 20;

/**
 * Prints what a scan could not read: `unread PATH` for each, then `end` and find's exit code, which is missing where there
 * is more. A find that cannot test for it only complains about the folders that it cannot enter.
 */
export const printUnreadable = `${enterRoot}
limit=
if command -v timeout >/dev/null 2>&1; then limit='timeout ${findSeconds}'; fi
test=
if find . -maxdepth 0 -readable -executable >/dev/null 2>&1; then test=yes; fi
{
	if [ "$test" ]; then
		$limit $low find . -xdev -name _uploads ! -path '*/_manifests/tags/_uploads' -prune -o \\( -type l -o ! -readable -o -type d ! -executable \\) -prune -print 2>/dev/null
	else
		$limit $low find . -xdev -name _uploads ! -path '*/_manifests/tags/_uploads' -prune -o -type d -print >/dev/null
	fi
	printf '\\nend %s\\n' "$?"
} </dev/null | head -n ${mostNamed + 2}
`;

/**
 * Finds what this user may not read below the root, in one command that only reads and is bounded in time.
 * @throws OperatorError storage.no-root | storage.denied
 */
export async function surveyStore({shell, root, signal}: Waiting & {shell: Shell; root: string}): Promise<StoreSurvey> {
	const request = {kind: 'read', script: printUnreadable, input: `${root}\n`, timeoutMs: surveyTimeoutMs} as const;
	const {exitCode, stdout, stderr} = await shell.run(request, {signal});
	rejectRootExits({exitCode, stderr}, root, shell.place);

	const lines = Buffer.from(stdout).toString().split('\n');
	const printed = lines.flatMap(line => (line.startsWith('./') ? [line.slice(2)] : []));
	const complained = readComplaints(stderr).unreadable.flatMap(({path}) => (path === '' ? [] : [path]));
	const end = lines.findLast(line => line.startsWith('end '));
	// find ends with 1 where it complained; a find that was killed in time ends with more.
	const isWhole = end === 'end 0' || end === 'end 1';
	return {unreadable: [...printed, ...complained].slice(0, mostNamed), isWhole};
}
