import {sayPast} from '../inventory/say-past.ts';
import {sayComparison} from '../remedy/compare-to-original.ts';
import {sayDuration} from '../text/time.ts';
import {visibleLine} from '../text/visible.ts';
import type {PostMortem} from './post-mortem.ts';

const names: Record<string, string> = {
	toDiagnose: 'opened to diagnosed',
	toDecide: 'diagnosed to decided',
	toMitigate: 'decided to mitigated',
	toVerify: 'mitigated to verified',
	waitedOnMachine: 'waiting on a machine',
	waitedOnPerson: 'waiting on a person',
	away: 'not open in any process',
	total: 'in all',
};

/** The document for people. All times are UTC; `#12` is line 13 of events.jsonl: events count from 0. */
export function renderMarkdown(report: PostMortem): string {
	const {drill, dryRun, image, ended, comparedToOriginal, milestones, spans, told, record} = report;
	const verdict = report.imageVerdict ?? report.verdict;
	const banner = drill ? '> **DRILL.** A rehearsal on simulators: no real registry was involved.\n\n' : '';
	const dry = dryRun ? '> **DRY RUN.** Nothing was changed; the outcomes of changes were assumed.\n\n' : '';
	const sections = [
		`# ${drill ? 'DRILL: ' : ''}Post-mortem of ${cell(report.incident)}\n\n${banner}${dry}${table(
			['', ''],
			[
				['Image', code(image)],
				[
					'Status',
					`${report.status}${ended === undefined ? '' : `: ${cell(ended.say)}`}${ended?.unverified ? ' It was not verified.' : ''}`,
				],
				['Image now', verdict === 'unknown' ? 'unknown: not proven intact' : verdict],
				...(comparedToOriginal === undefined
					? []
					: [['Compared with the original', cell(sayComparison(comparedToOriginal ?? undefined).join(' '))]]),
				['Opened', `${utc(report.openedAt)} by ${cell(report.openedBy)}`],
				['Last event', utc(report.lastAt)],
				['Runbook', `${cell(report.runbook.title)} (${cell(report.runbook.name)})`],
			],
		)}`,
		`## Impact and detection\n\n- Who or what was affected: ${sayTold(told, 'impact')}\n- Began: ${sayTold(told, 'began')}\n- Noticed by: ${sayTold(told, 'noticed')}`,
		`## Root cause, as found\n\n${list(report.cause.map(line))}`,
		...sayDamaged(report),
		...sayBefore(report),
		`## What was changed\n\n${
			report.changes.length === 0
				? 'Nothing.'
				: table(
						['UTC', 'step', 'target', 'approved', 'approved by', 'done', 'outcome'],
						report.changes.map(change => [
							utc(change.at),
							cell(change.step),
							cell(change.target),
							change.changes.map(cell).join('<br>'),
							cell(change.approvedBy),
							change.done.map(cell).join('<br>'),
							`${cell(change.outcome)}: ${cell(change.say)}${change.hint === undefined || change.say.includes(change.hint) ? '' : ` What to do: ${cell(change.hint)}`}`,
						]),
					)
		}${report.turnedDown.length === 0 ? '' : `\n\nOrdered and turned down, so nothing was changed by it:\n\n${list(report.turnedDown.map(line))}`}`,
		...(report.skipped.length === 0
			? []
			: [
					`## Skipped or done by hand\n\n${list(report.skipped.map(({step, how, outcome, reason, by}) => `${line(step)} (${how}, recorded as ${line(outcome)}${by === undefined ? '' : `, ${line(by)}`}): ${line(reason)}`))}`,
				]),
		`## Durations\n\n${table(
			['span', 'time'],
			Object.entries(names).flatMap(([key, name]) => {
				const span = spans[key as keyof typeof spans];
				return span === undefined ? [] : [[name, sayDuration(span)]];
			}),
		)}\n\n${table(
			['milestone', 'UTC', 'event'],
			milestones.map(({name, at, event}) => [cell(name), utc(at), `#${event}`]),
		)}`,
		`## Timeline (UTC)\n\n${table(
			['time', 'who', 'what', 'known then', 'event', 'evidence'],
			report.timeline.map(row => [
				utc(row.at),
				cell(row.actor),
				cell(row.what),
				cell(row.known),
				`#${row.event}`,
				row.evidence.map(code).join('<br>'),
			]),
		)}`,
		`## Follow-ups\n\n${report.followUps.length === 0 ? 'None were found.' : list(report.followUps.map(({priority, text, evidence}) => `[ ] **${priority}** ${line(text)}${evidence === undefined ? '' : ` (${code(evidence)})`}`))}`,
		...(report.notes.length === 0
			? []
			: [`## Notes\n\n${list(report.notes.map(({at, actor, text}) => `${utc(at)}, ${line(actor)}: ${line(text)}`))}`]),
		`## Evidence\n\n${
			report.evidence.length === 0
				? 'None was kept.'
				: table(
						['file', 'bytes', 'sha256', 'event'],
						report.evidence.map(({file, bytes, digest, event}) => [
							code(file),
							String(bytes),
							code(digest.replace('sha256:', '')),
							`#${event}`,
						]),
					)
		}\n\nThe record: ${record.events} events, ${record.sealed ? `sealed; head ${code(record.head ?? '')}` : 'not sealed: the incident is still open'}.`,
	];
	return `${sections.join(`\n\n${drill ? '*DRILL*\n\n' : ''}`)}\n`;
}

/** An answer, and where it is from if a person only took what was proposed. */
function sayTold({from, ...told}: PostMortem['told'], name: keyof typeof told): string {
	const source = from?.[name];
	return line(source === undefined ? told[name] : `${told[name]} (from ${source})`);
}

function sayDamaged({damaged = []}: PostMortem): string[] {
	if (damaged.length === 0) {
		return [];
	}

	const rows = damaged.map(({title, findings, lost, since, ways, verdict, comparedToOriginal, say}) => [
		cell(title),
		cell(`${findings.join(', ')}${lost.length === 0 ? '' : ` (${lost.join(', ')})`}`),
		since === undefined ? 'unknown' : utc(since),
		ways.length === 0
			? 'left'
			: ways
					.map(({remedy, outcome, say, approvedBy}) =>
						cell(`${remedy}, ${outcome}${approvedBy === undefined ? '' : `, approved by ${approvedBy}`}: ${say}`),
					)
					.join('<br>'),
		cell(
			[
				verdict,
				...(say === undefined ? [] : [say]),
				...(comparedToOriginal === undefined ? [] : sayComparison(comparedToOriginal ?? undefined)),
			].join('. '),
		),
	]);
	return [`## Damaged images\n\n${table(['image', 'damage', 'by (UTC)', 'way back', 'now'], rows)}`];
}

function sayBefore({before}: PostMortem): string[] {
	if (before === undefined) {
		return [];
	}

	const {head, items} = sayPast(before.inventory);
	const named = before.named.map(({repository, tag, digest, firstSeen, lastSeen}) => [
		code(`${repository}:${tag}`),
		code(digest),
		utc(firstSeen),
		utc(lastSeen),
	]);
	return [
		[
			`## What probes saw before\n\n${line(head)}`,
			...(items.length === 0 ? [] : [list(items.map(line))]),
			...(named.length === 0 ? [] : [table(['tag', 'named', 'first seen', 'last seen'], named)]),
		].join('\n\n'),
	];
}

function table(head: string[], rows: string[][]): string {
	const write = (cells: string[]) => `| ${cells.join(' | ')} |`;
	return [write(head), write(head.map(() => '---')), ...rows.map(write)].join('\n');
}

function list(items: string[]): string {
	// A list in a list would look like an item of ours.
	return items.map(item => `- ${item.replace(/^(\s*)([-+|]|\d+(?=[.)]))/, '$1\\$2')}`).join('\n');
}

function utc(at: string): string {
	return cell(at.replace('T', ' ').replace(/\.\d+Z$/, ''));
}

/** Escapes text from outside so that it can neither end a cell nor start markup. */
function cell(text: string): string {
	return line(text).replace(/\|/g, '\\|');
}

function line(text: string): string {
	return visibleLine(text).replace(/([\\<>*_[\]`&~#])/g, '\\$1');
}

/** A code span has no escapes: text that needs one is written outside a code span. */
function code(text: string): string {
	return /[`|\\]/.test(text) ? cell(text) : `\`${visibleLine(text)}\``;
}
