import {describe, expect, test} from 'vitest';
import {parseDigest} from '../../../src/domain/image/digest.ts';
import type {Happening, JournalEvent} from '../../../src/domain/incident/event.ts';
import {type JsonObject, toJsonObject} from '../../../src/domain/json.ts';
import {renderMarkdown} from '../../../src/domain/post-mortem/markdown.ts';
import {milestonesOf, spansOf} from '../../../src/domain/post-mortem/milestones.ts';
import {postMortemOf} from '../../../src/domain/post-mortem/post-mortem.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';
import {scanValues} from '../../support/outputs.ts';
import {
	happen,
	smallPage,
	steps,
	tellIncident,
	toldToDecide,
	toldToGate,
	toldToProof,
	toldToRepair,
} from '../../support/told-incident.ts';

const evidence = [{file: 'evidence/0012-mend-1.log', digest: `sha256:${'a'.repeat(64)}`, bytes: 12}];

function toldToEnd() {
	return toldToProof()
		.tell({type: 'step.skipped', outcome: 'told', reason: 'They know.', ...steps.tell})
		.tell(happen.begun(steps.close, 'read', {with: {questions: {impact: {prompt: 'Who?', type: 'text'}}}}))
		.tell({type: 'answers.given', answers: {impact: 'all pipelines'}, ...steps.close})
		.tell({type: 'incident.closed'});
}

test('the JSON names its schema, and survives a round trip', () => {
	const report = postMortemOf(toldToEnd().events);

	expect(report.schema).toBe('regmedic.post-mortem/1');
	expect(JSON.parse(JSON.stringify(report))).toEqual(report);
	expect(report).toMatchObject({
		status: 'closed',
		verdict: 'intact',
		told: {impact: 'all pipelines', began: 'unknown'},
		ended: {stop: 'fixed'},
	});
});

describe('by when it began', () => {
	const question = {prompt: 'When?', type: 'time', default: '2026-04-19T02:00:11Z', from: 'the disk, at the latest'};
	const told = (answers?: JsonObject) => {
		const asked = toldToProof()
			.tell({type: 'step.skipped', outcome: 'told', reason: 'They know.', ...steps.tell})
			.tell(happen.begun(steps.close, 'read', {with: {questions: {began: question}}}));
		return postMortemOf((answers ? asked.tell({type: 'answers.given', answers, ...steps.close}) : asked).events);
	};

	test.each([{began: question.default}, undefined])(
		'is marked as from the disk where nobody said more: %j',
		answers => {
			const report = told(answers);

			expect(report.told).toMatchObject({began: question.default, from: {began: question.from}});
			expect(renderMarkdown(report)).toContain('- Began: 2026-04-19T02:00:11Z (from the disk, at the latest)');
		},
	);

	test.each(['2026-04-19T02:00:00.000Z', '2026-04-19T02:00:11.000Z', 'unknown'])('is %s as a person said it', began => {
		const report = told({began});

		expect(report.told).toEqual({began, impact: 'unknown', noticed: 'unknown'});
		expect(renderMarkdown(report)).toContain(`- Began: ${began}\n`);
	});
});

test('every row of the timeline cites an event that exists, at its time, with its evidence', () => {
	const told = toldToRepair().tell({...happen.finished(steps.mend, 'mended'), evidence} as Happening);
	const {timeline, evidence: kept} = postMortemOf(told.events);

	for (const {event, at, actor} of timeline) {
		expect(told.events[event]).toMatchObject({at, actor});
	}

	expect(timeline.map(({event}) => event)).toEqual([...timeline.map(({event}) => event)].sort((a, b) => a - b));
	expect(timeline.find(({evidence: files}) => files.length > 0)).toMatchObject({
		evidence: [evidence[0]!.file],
		event: told.events.length - 1,
	});
	expect(kept).toEqual([{...evidence[0], event: told.events.length - 1}]);
});

test('a rehearsal says DRILL above every section, and nothing else does', () => {
	const drill = renderMarkdown(postMortemOf(toldToDecide(smallPage, {drill: true}).events));
	const sections = drill.split(/^## /m);

	expect(drill).toMatch(/^# DRILL: /);
	expect(sections[0]).toContain('**DRILL.**');
	expect(sections.slice(0, -1).every(section => section.includes('DRILL'))).toBe(true);
	expect(renderMarkdown(postMortemOf(toldToEnd().events))).not.toContain('DRILL');
});

test('the times spent waiting add up to the total, also when no process ran for a night', () => {
	const told = toldToGate();
	told.tell({type: 'incident.left', reason: 'left'}, 10_000).tell({type: 'incident.resumed'}, 9 * 3_600_000);
	told
		.tell(happen.gate(steps.mend))
		.tell(happen.answered(steps.mend, 'approve'), 60_000)
		.tell(happen.intended(steps.mend), 5);
	told.tell(happen.finished(steps.mend, 'mended'), 30_000);
	const {total, waitedOnMachine, waitedOnPerson, away} = spansOf(told.events);

	expect(waitedOnMachine + waitedOnPerson + away).toBe(total);
	expect(total).toBe(Date.parse(told.events.at(-1)!.at) - Date.parse(told.events[0]!.at));
	expect(away).toBe(9 * 3_600_000);
	expect(waitedOnPerson).toBeGreaterThanOrEqual(60_000);
});

test('a clock that went back makes no time negative', () => {
	const told = toldToRepair();
	told.tell(happen.finished(steps.mend, 'mended'), -3_600_000).tell(happen.begun(steps.prove, 'read'), 1_000);

	expect(Object.values(spansOf(told.events)).every(span => span >= 0)).toBe(true);
});

test('each milestone is the first event that shows it, and stays', () => {
	const told = toldToEnd();
	const names = milestonesOf(told.events).map(({name, event}) => [name, told.events[event]!.type]);
	expect(names).toEqual([
		['opened', 'incident.opened'],
		['decided', 'choice.made'],
		['mitigated', 'effect.finished'],
		['verified', 'effect.finished'],
	]);

	for (let count = 1; count <= told.events.length; count++) {
		const early = milestonesOf(told.events.slice(0, count));
		expect(milestonesOf(told.events).slice(0, early.length)).toEqual(early);
	}
});

test('an intact check before any change verifies nothing', () => {
	const told = tellIncident()
		.tell(happen.begun(steps.check, 'read', {shows: 'verdict'}))
		.tell(happen.intended(steps.check))
		.tell(happen.finished(steps.check, 'intact', {verdict: 'intact'}));

	expect(milestonesOf(told.events).map(({name}) => name)).toEqual(['opened']);
});

test('a repair by hand mitigates, and names the person who recorded it', () => {
	const told = toldToDecide()
		.tell(happen.chosen('hands'))
		.tell(happen.begun(steps.hands, 'read'))
		.tell({type: 'hand.reported', outcome: 'done', why: 'docker push', ...steps.hands});

	expect(milestonesOf(told.events).map(({name}) => name)).toContain('mitigated');
	expect(postMortemOf(told.events).skipped).toEqual([
		{step: 'By hand', how: 'by-hand', outcome: 'done', reason: 'docker push', by: 'ada'},
	]);
});

test('a change that may have been made is never missing from the report', () => {
	const states: [string, JournalEvent[]][] = [
		['not known yet', toldToRepair().events],
		['not known yet', toldToRepair().tell(happen.failed(steps.mend, {indeterminate: true})).events],
		['failed', toldToRepair().tell(happen.failed(steps.mend)).events],
		['mended', toldToRepair().tell(happen.finished(steps.mend, 'mended')).events],
		[
			'by hand, mended',
			toldToRepair()
				.tell(happen.failed(steps.mend, {indeterminate: true}))
				.tell({type: 'step.done-by-hand', outcome: 'mended', reason: 'I looked', ...steps.mend}).events,
		],
	];

	for (const [outcome, events] of states) {
		expect(postMortemOf(events).changes, outcome).toMatchObject([
			{outcome, approvedBy: 'ada', target: 'registry.example/infra-ci'},
		]);
	}

	expect(postMortemOf(toldToGate().tell(happen.answered(steps.mend, 'decline')).events).changes).toEqual([]);
});

test('an end that was not verified says so, whatever the runbook promises', () => {
	const told = toldToRepair()
		.tell(happen.finished(steps.mend, 'mended'))
		.tell({type: 'step.skipped', outcome: 'intact', reason: 'sure', ...steps.prove})
		.tell({type: 'step.skipped', outcome: 'told', reason: 'x', ...steps.tell})
		.tell({type: 'step.skipped', outcome: 'answered', reason: 'x', ...steps.close});
	const report = postMortemOf(told.events);

	expect(report).toMatchObject({verdict: 'unknown', ended: {unverified: true}});
	expect(renderMarkdown(report)).toMatch(/unknown: not proven intact/);
});

const nasty = [
	'a | b',
	'a \\| b',
	'\\',
	'`x` | `y`',
	'\n| new | row |',
	'<script>alert(1)</script>',
	'# heading',
	'[x](http://e)',
	'\u001b[2J\u202e',
	'**bold**',
	'&lt;b&gt;',
	'~~x~~',
];

test.each(nasty)('%j from outside neither breaks a table nor draws', text => {
	const told = toldToRepair().tell({
		...happen.finished(steps.mend, 'mended'),
		say: text,
		evidence: [{...evidence[0]!, file: `evidence/${text}`}],
	} as Happening);
	told.tell({type: 'note.added', text}).tell({type: 'decision.reopened', reason: text});
	const markdown = renderMarkdown(postMortemOf(told.events));

	expect(markdown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
	// In a code span nothing is obeyed.
	expect(markdown.replace(/`[^`\n]*`/g, '')).not.toMatch(/(^|[^\\])<script|[^\\]\[x\]\(/);
	for (const table of markdown.matchAll(/(?:^\|.*\|\n?)+/gm)) {
		const widths = table[0].trim().split('\n').map(cellsIn);
		expect(new Set(widths).size, table[0]).toBe(1);
	}
});

test('the bytes that a crash took are in the timeline', () => {
	const told = toldToGate().tell({type: 'journal.recovered', lostBytes: 12, file: 'events.torn-1'});

	expect(postMortemOf(told.events).timeline.at(-1)!.what).toMatch(/12 bytes .* events\.torn-1/);
});

/** As GitHub counts them: a backslash takes the pipe behind it along. */
function cellsIn(row: string): number {
	return row.replace(/\\[\\|]/g, '').split('|').length;
}

test('a risk on the host is named with its line, the certain ones first', () => {
	const risk = {
		kind: 'removes-children',
		file: '/etc/cron.d/registry',
		line: 'garbage-collect',
		why: 'It bites.',
		advice: 'Mend it.',
	};
	const risks = [
		{...risk, severity: 'may-break', file: '/opt/cleanup.sh', at: 7},
		{...risk, severity: 'will-break', at: 3},
		{...risk, severity: 'may-break', file: 'crontab -l'},
	];
	const finding: Finding = {
		kind: 'child-missing',
		repository: 'infra-ci',
		digest: parseDigest(`sha256:${'b'.repeat(64)}`),
		tags: ['latest'],
		via: [],
		missing: [],
		remedy: 'rebuild',
		detail: '',
	};
	const page = smallPage
		.replace('action: registry.verify', 'action: storage.scan')
		.replace('action: change.tell\ngate: approve', 'action: registry.audit');
	const told = tellIncident(page)
		.tell(happen.begun(steps.check, 'read', {shows: 'cause'}))
		.tell(happen.intended(steps.check))
		.tell(happen.finished(steps.check, 'broken', toJsonObject(scanValues({findings: [finding]}))))
		.tell(happen.begun(steps.decide, 'read', {with: {options: [{key: 'tell'}]}}))
		.tell(happen.chosen('tell'))
		.tell(happen.begun(steps.tell, 'read'))
		.tell(happen.intended(steps.tell))
		.tell(happen.finished(steps.tell, 'told', {risks}));
	const {cause, followUps} = postMortemOf(told.events);

	expect(cause.slice(1)).toEqual([
		"Scheduled on the registry's host: “garbage-collect” (/etc/cron.d/registry:3). It bites.",
		"Also scheduled on the registry's host: “garbage-collect” (/opt/cleanup.sh:7). It bites.",
		"Also scheduled on the registry's host: “garbage-collect” (crontab -l). It bites.",
	]);
	expect(followUps[0]!.evidence).toBe('/etc/cron.d/registry:3: garbage-collect');
});

test('people are said to have noticed it only where somebody said so', () => {
	const noticedBy = (noticed: string) =>
		postMortemOf(
			toldToProof()
				.tell({type: 'step.skipped', outcome: 'told', reason: 'x', ...steps.tell})
				.tell(happen.begun(steps.close, 'read'))
				.tell({type: 'answers.given', answers: {noticed}, ...steps.close}).events,
		).followUps.map(({text}) => text);

	expect(noticedBy('unknown').join()).toContain('alert on it.');
	expect(noticedBy('unknown').join()).not.toContain('people noticed');
	expect(noticedBy('a developer').join()).toContain('people noticed this one');
	expect(noticedBy('the probe').join()).not.toContain('people noticed');
});

test('what was approved and what was done are told apart, also where only a part was done', () => {
	const partly = toldToRepair()
		.tell({type: 'effect.progressed', name: 'relinked', detail: {}, say: 'sha256:aaaa is linked again.', ...steps.mend})
		.tell(happen.failed(steps.mend, {outcome: 'refused'}));
	const none = toldToRepair().tell(happen.failed(steps.mend, {outcome: 'refused'}));
	const lost = toldToRepair().tell(happen.failed(steps.mend, {indeterminate: true}));
	const done = ({events}: {events: readonly JournalEvent[]}) => postMortemOf(events).changes[0]!.done;

	expect(done(partly)).toEqual(['sha256:aaaa is linked again.']);
	expect(done(none)).toEqual(['nothing']);
	expect(done(lost)).toEqual(['not known']);
	expect(done(toldToProof())).toEqual(['It is mended.']);
	expect(renderMarkdown(postMortemOf(partly.events))).toMatch(
		/\| approved \| approved by \| done \| outcome \|\n.*\n.*\| PUT sha256:aaaa \| ada \| sha256:aaaa is linked again\. \| refused: It failed\. What to do: Try something else\. \|/,
	);
});

test('a scan that was incomplete, or did not happen, shows no cause and says which it was', () => {
	const page = smallPage.replace('action: change.tell', 'action: storage.scan');
	const begin = () =>
		toldToDecide(page)
			.tell(happen.chosen('tell'))
			.tell(happen.begun(steps.tell, 'read', {shows: 'cause'}))
			.tell(happen.intended(steps.tell));
	const cause = (told: {events: readonly JournalEvent[]}) => postMortemOf(told.events).cause.join(' ');
	const partial = toJsonObject(scanValues({complete: false, gaps: ['a folder']}));

	expect(cause(begin().tell(happen.finished(steps.tell, 'told', partial)))).toMatch(
		/^The storage was read only in part/,
	);
	expect(cause(begin().tell(happen.failed(steps.tell, {outcome: 'refused'})))).toMatch(
		/^The storage was not scanned: the cause is not known\./,
	);
});

test('an order that was turned down is no change, and its hint is kept', () => {
	const problem = {code: 'ci.rejected', message: 'No.', hint: 'Allow the event manual.'} as const;
	const report = postMortemOf(
		toldToDecide(smallPage.replace(/(mended: \w+)/, '$1, rejected: decide'))
			.tell(happen.chosen('mend'))
			.tell(happen.begun(steps.mend, 'write'))
			.tell(happen.gate(steps.mend))
			.tell(happen.answered(steps.mend, 'approve'))
			.tell(happen.intended(steps.mend))
			.tell({...happen.finished(steps.mend, 'rejected'), problem} as Happening).events,
	);

	expect(report.changes).toEqual([]);
	expect(report.turnedDown).toEqual([expect.stringContaining('rejected. It is rejected. What to do: Allow the event')]);
	expect(renderMarkdown(report)).toMatch(
		/## What was changed\n\nNothing\.\n\nOrdered and turned down.*\n\n- .*Allow the event manual\./,
	);
});

test('what probes saw before is taken from the first look at the disk, with when it was last seen', () => {
	const page = smallPage.replace('action: change.tell', 'action: storage.scan');
	const digest = parseDigest(`sha256:${'c'.repeat(64)}`);
	const gone = {repository: 'acme/*web*', tag: 'v1', digest, lastSeen: '2026-04-19T02:00:00Z'};
	const inventory = {
		file: '/inventory.jsonl',
		registry: 'registry.example',
		lastSeen: '2026-04-19T02:15:00Z',
		repositories: [{repository: gone.repository, lastSeen: gone.lastSeen, tags: [gone]}],
		tags: [],
		movedBack: [],
		dangling: [],
		older: 0,
		unread: 0,
	};
	const named = [{...gone, repository: 'infra-ci', tag: 'latest', firstSeen: '2026-04-18T02:00:00Z'}];
	const told = toldToDecide(page)
		.tell(happen.chosen('tell'))
		.tell(happen.begun(steps.tell, 'read', {shows: 'cause'}))
		.tell(happen.intended(steps.tell))
		.tell(happen.finished(steps.tell, 'told', toJsonObject(scanValues({inventory, named}))));

	const report = postMortemOf(told.events);

	expect(report.before).toEqual({inventory, named});
	const markdown = renderMarkdown(report);
	expect(markdown).toContain('## What probes saw before');
	expect(markdown).toContain('acme/\\*web\\* is gone, with 1 tag (v1); last seen 2026-04-19 02:00 UTC');
	expect(markdown).toContain(`| \`infra-ci:latest\` | \`${digest}\` | 2026-04-18 02:00:00Z | 2026-04-19 02:00:00Z |`);
	expect(postMortemOf(toldToEnd().events)).not.toHaveProperty('before');
});
