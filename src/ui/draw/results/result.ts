import type {Hazard} from '../../../domain/audit/hazard.ts';
import {defined} from '../../../domain/defined.ts';
import {sayHoldWhole} from '../../../domain/hold/say-hold.ts';
import type {ImageCheck} from '../../../domain/image/verdict.ts';
import type {Incident, Visit} from '../../../domain/incident/incident.ts';
import type {Output} from '../../../domain/incident/outputs.ts';
import {sayCheckLines, sayScopeLines} from '../../../domain/incident/say-damage.ts';
import {sayTime} from '../../../domain/text/time.ts';
import {count} from '../../../domain/text/wording.ts';
import type {DrawContext} from '../../screens/screen.ts';
import type {Formatter, Row} from '../formatter.ts';
import type {FocusedRows} from '../pane.ts';
import {drawApplied} from './applied.ts';
import {drawCheck} from './check.ts';
import {drawScan} from './scan.ts';
import {drawValues, sayValue} from './values.ts';

/** The rows of a result that can be picked, by what `y` copies of them: digests. */
export function picksOf({output}: Visit): string[] {
	switch (output?.kind) {
		case 'check':
			return output.check.children.map(({digest}) => digest);
		case 'scan':
			return [...output.findings, ...output.others].map(
				({digest, repository, tags}) => digest ?? `${repository}:${tags[0] ?? ''}`,
			);
		default:
			return [];
	}
}

/** How a visit ended, and what it found or did. */
export function drawResult(visit: Visit, cursor: number, context: DrawContext): FocusedRows {
	const {format, width, incident, now} = context;
	const {output, say, problem} = visit;
	const ending = sayEnding(visit);
	const head = ending === undefined ? [] : [format.cut(format.row([ending, 'warn']), width)];

	if (output?.kind === 'check') {
		return below(
			head,
			drawCheck(output.check, earlierCheck(visit, output.check, incident), {said: say, cursor, format, width}),
		);
	}

	if (output?.kind === 'scan') {
		return below(head, drawScan(output, say, {cursor, format, width, now}));
	}

	const said = !say || say === problem?.message ? [] : format.wrap(say, width);
	const above = [...head, ...said, ...(problem ? drawProblem(problem, format, width) : [])];
	const rest = output ? drawOutput(output, visit, format, width) : [];
	return {rows: [...above, ...(above.length > 0 && rest.length > 0 ? [[]] : []), ...rest]};
}

export function drawProblem({message, hint}: {message: string; hint: string}, format: Formatter, width: number): Row[] {
	return [
		...format.wrap(message, width, 'bad', format.row([`${format.glyphs.failed} `, 'bad'])),
		...format.wrap(hint, width, 'plain', format.row('  ')),
	];
}

function below(head: Row[], {rows, focus}: FocusedRows): FocusedRows {
	return {
		rows: [...head, ...rows],
		...(focus === undefined ? {} : {focus: [focus[0] + head.length, focus[1] + head.length] as const}),
	};
}

/** The first check of the same image, to show this one beside it. */
function earlierCheck(visit: Visit, {reference}: ImageCheck, {visits}: Incident): ImageCheck | undefined {
	return visits
		.slice(0, visits.indexOf(visit))
		.flatMap(({output}) => (output?.kind === 'check' ? [output.check] : []))
		.find(check => check.reference === reference);
}

function sayEnding({ended, outcome, gate}: Visit): string | undefined {
	switch (ended) {
		case 'skipped':
			return `Skipped, as "${outcome}".`;
		case 'by-hand':
			return `Done by hand: "${outcome}".`;
		case 'assumed':
			return `Dry run: assumed "${outcome}". Nothing was changed.`;
		case 'declined':
			return `Declined${gate?.answer ? ` by ${gate.answer.by}` : ''}. Nothing was changed.`;
		case 'left':
			return 'Left before it ended.';
		default:
			return undefined;
	}
}

/** Everything but checks and scans, which have a file each. */
function drawOutput(output: Output, {asked, items: planned = []}: Visit, format: Formatter, width: number): Row[] {
	const items = (lines: readonly string[]) =>
		lines.flatMap(line => format.wrap(line, width, 'plain', format.row(`  ${format.glyphs.bullet} `)));
	switch (output.kind) {
		case 'decision': {
			const option = asked?.kind === 'choose' ? asked.options.find(({key}) => key === output.option) : undefined;
			return format.wrap(`Chosen: ${option?.title ?? output.option}`, width);
		}

		case 'answers': {
			const questions = asked?.kind === 'ask' ? asked.questions : [];
			return Object.entries(output.answers).flatMap(([name, answer]) => {
				const prompt = questions.find(question => question.name === name)?.prompt ?? name;
				const list = Array.isArray(answer) ? answer.map(sayValue) : undefined;
				return [
					...format.wrap(prompt, width, 'dim'),
					...(list && list.length > 0
						? items(list)
						: format.wrap(list ? 'none' : sayValue(answer), width, 'plain', format.row('  '))),
				];
			});
		}

		case 'follow-ups':
			return [format.row(count(output.followUps.length, 'follow-up')), ...items(output.followUps)];

		case 'scope':
			return items(sayScopeLines(output));

		case 'check-all':
			return items(sayCheckLines(output));

		case 'audit':
			return output.risks.flatMap(hazard => drawHazard(hazard, format, width));

		case 'failed-pipelines':
			return items(
				output.pipelines.map(({number, title, created, event, cause}) =>
					[`#${number} ${title}`, event, cause, sayTime(created)].filter(part => part !== undefined).join(', '),
				),
			);

		case 'restarted-pipelines':
			return items(
				output.restarted.map(({number, as, result}) => `#${number} restarted as #${as}${result ? `: ${result}` : ''}`),
			);

		case 'relink':
			return items(output.relinked);

		case 'removal':
			return items(output.removed);

		case 'copy-back':
			return items(output.stored);

		case 'aside':
			return items([output.to]);

		case 'pipeline': {
			const {number, url, commit, branch} = output;
			return drawValues(defined({number, url, commit, branch}), format, width);
		}

		case 'repoint':
		case 'build':
			return drawValues(defined({digest: output.digest ?? undefined}), format, width);

		case 'hold':
			return items(sayHoldWhole(output.hold, Date.parse(output.hold.looked)));

		case 'suspension':
			return drawValues({suspended: output.suspended, undo: output.undo}, format, width);

		case 'unreadable':
			return drawValues(output.values, format, width);

		case 'plan':
			return items(output.items.map(({title, remedy}) => `${title}: ${remedy}`));

		case 'applied':
			return drawApplied(planned, format, width);

		case 'check':
		case 'scan':
		case 'none':
			return [];
	}
}

function drawHazard({file, at, line, why, advice}: Hazard, format: Formatter, width: number): Row[] {
	const place = at === undefined ? file : `${file}:${at}`;
	return [
		...format.wrap(place, width, 'strong', format.row([`${format.glyphs.failed} `, 'bad'])),
		...format.wrap(line, width, 'dim', format.row('  | ')),
		...format.wrap(`${why} Change: ${advice}`, width, 'plain', format.row('  ')),
	];
}
