import {describe, expect, it} from 'vitest';
import {hostNowIn} from '../../../src/adapters/storage/host/cleaners.ts';
import {assessHold} from '../../../src/domain/hold/hold.ts';
import {commandOf, undoOf} from '../../../src/domain/hold/say-hold.ts';
import {clock, holdOf, process, script, store} from '../../support/host-now.ts';

const collect = 'docker exec registry registry garbage-collect -m /etc/docker/registry/config.yml';
const noon = '2026-04-18T12:00:30Z';

/**
 * Schedules, when it is, the host's zone, and the next start in UTC. The times of the crontab lines were computed by walking
 * through the real minutes with Python's zoneinfo and the rules of cron(8) and crontab(5), without any cron library; those of
 * plain calendar times agree with `systemd-analyze calendar`.
 */
const table: [expression: string, now: string, zone: string, starts: string][] = [
	['25 3 * * 0', noon, 'Europe/Berlin', '2026-04-19T01:25'],
	['0 2 * * *', noon, 'UTC', '2026-04-19T02:00'],
	['17 * * * *', noon, 'Asia/Kolkata', '2026-04-18T12:47'],
	['*/10 * * * *', noon, 'America/New_York', '2026-04-18T12:10'],
	['0 3 1 * *', noon, 'Europe/Berlin', '2026-05-01T01:00'],
	// The day of the month or of the week.
	['0 3 13 * 5', noon, 'Europe/Berlin', '2026-04-24T01:00'],
	// Both: one begins with a star.
	['0 3 */2 * 1', noon, 'Europe/Berlin', '2026-04-27T01:00'],
	['30 4 * jan,jul SAT', noon, 'Australia/Sydney', '2026-07-03T18:30'],
	['5 0-6/2 * * 1-5', noon, 'UTC', '2026-04-20T00:05'],
	['0 4 * * 7', noon, 'America/Sao_Paulo', '2026-04-19T07:00'],
	['@daily', noon, 'Asia/Tokyo', '2026-04-18T15:00'],
	['@weekly', noon, 'Europe/London', '2026-04-18T23:00'],
	['@monthly', noon, 'Asia/Kathmandu', '2026-04-30T18:15'],
	['@hourly', noon, 'UTC', '2026-04-18T13:00'],
	// Summer time skips 02:30: right after the skip.
	['30 2 * * *', '2026-03-28T23:00:00Z', 'Europe/Berlin', '2026-03-29T01:00'],
	// It repeats 02:30: the first, and no second.
	['30 2 * * *', '2026-10-24T23:00:00Z', 'Europe/Berlin', '2026-10-25T00:30'],
	['30 2 * * *', '2026-10-25T00:31:00Z', 'Europe/Berlin', '2026-10-26T01:30'],
	['30 1 * * 0', '2026-11-01T05:31:00Z', 'America/New_York', '2026-11-08T06:30'],
	['0 3 29 2 *', noon, 'UTC', '2028-02-29T03:00'],
	['15 2 * * *', '2026-10-03T14:00:00Z', 'Australia/Lord_Howe', '2026-10-03T15:30'],
	['59 23 31 12 *', noon, 'Pacific/Auckland', '2026-12-31T10:59'],
];

describe('the next start of a crontab line', () => {
	it.each(table)('is right to the minute: %s at %s in %s', (expression, now, name, starts) => {
		const {next} = holdOf({
			clock: clock(now),
			zone: {name, offsetMinutes: 0},
			crontabs: [{path: 'crontab -l', text: `# upkeep\n${expression} ${collect}\n`}],
		});

		expect(next).toMatchObject([{kind: 'collection', file: 'crontab -l', at: 2, starts: `${starts}:00.000Z`}]);
	});

	it.each([
		['without the zone’s name counts by its offset', {offsetMinutes: 330}, '0 3 * * *', '2026-04-18T21:30:00.000Z'],
		[
			'counts by its offset where the zone is not known',
			{name: 'Nowhere/Near', offsetMinutes: -60},
			'0 3 * * *',
			'2026-04-19T04:00:00.000Z',
		],
	])('%s', (_, zone, expression, starts) => {
		const {next} = holdOf({zone, crontabs: [{path: 'crontab -l', text: `${expression} ${collect}`}]});

		expect(next).toMatchObject([{starts}]);
	});

	it.each([
		['0 3 L * *', '"0 3 L * *" is not understood'],
		['0~59 3 * * *', '"0~59 3 * * *" is not understood'],
		['0 3 31 2 *', '"0 3 31 2 *" is not understood'],
		['@reboot', 'whenever the host is started'],
	])('is at an unknown time for %s', (expression, why) => {
		const {next} = holdOf({crontabs: [{path: 'crontab -l', text: `${expression} ${collect}`}]});

		expect(next).toMatchObject([{why}]);
		expect(next[0]).not.toHaveProperty('starts');
	});

	it('counts in the zone that CRON_TZ names, and reads users, variables, quotes, % and \\%', () => {
		const text = `SHELL=/bin/sh\nGC="/opt/gc.sh"\nCRON_TZ=Asia/Tokyo\n0 3 * * * root $GC >/var/log/gc-$(date +\\%F)%input\n#0 4 * * * root $GC\n0 5 * * * ops true\n`;
		const {next} = holdOf({crontabs: [{path: '/etc/cron.d/registry', text}]}, {files: [script('/opt/gc.sh', collect)]});

		expect(next).toMatchObject([{file: '/etc/cron.d/registry', at: 4, starts: '2026-04-18T18:00:00.000Z'}]);
		expect(next[0]!.suspend).toEqual({
			kind: 'by-hand',
			how: expect.stringMatching(
				/^Put # before line 4 of \/etc\/cron\.d\/registry, in an editor as root: 0 3 \* \* \* root \$GC /,
			),
			undo: expect.stringMatching(/^Take the # away again before line 4 of \/etc\/cron\.d\/registry/),
		});
	});

	it('is suspended in the file that plays the host’s in a rehearsal, and that is said', () => {
		const crontabs = [{path: '/etc/cron.d/registry', text: `0 3 * * 0 root ${collect}`}];
		const {next} = holdOf({playedBy: '/tmp/drill/vm', crontabs});

		expect(next[0]!.suspend).toMatchObject({
			how: `Put # before line 1 of /tmp/drill/vm/etc/cron.d/registry (it plays the host's /etc/cron.d/registry in this rehearsal): 0 3 * * 0 root ${collect}`,
		});
	});

	it('finds what run-parts, a script of a script and systemctl start', () => {
		const crontabs = [
			{
				path: '/etc/crontab',
				text: '25 6 * * * root test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }\n0 7 * * * root /opt/nightly\n0 8 * * * root systemctl start registry-gc\n0 9 * * * root cd /opt && ./clean.sh\n',
			},
		];
		const files = [
			script('/etc/cron.daily/registry', collect),
			script('/opt/nightly', '#!/bin/sh\n. /opt/clean.sh\n'),
			script('/opt/clean.sh', 'find . -path "*/_layers/*" -name link -delete'),
			script('/etc/systemd/system/registry-gc.service', `[Service]\nExecStart=/usr/bin/${collect}\n`, 'unit'),
		];

		expect(holdOf({crontabs}, {files}).next.map(({kind, at, starts}) => `${kind} ${at} ${starts}`)).toEqual([
			'collection 1 2026-04-19T06:25:00.000Z',
			'layer-checker 2 2026-04-19T07:00:00.000Z',
			'collection 3 2026-04-19T08:00:00.000Z',
			'layer-checker 4 2026-04-19T09:00:00.000Z',
		]);
		expect(holdOf({crontabs, hasAnacron: true}, {files}).next.at(-1)).toMatchObject({
			at: 1,
			why: expect.stringContaining('anacron'),
		});
	});

	it('does not count what only prints, a dry run, a comment, or a collection of another store', () => {
		const text = [
			`0 1 * * * echo ${collect}`,
			'0 2 * * * registry garbage-collect --dry-run /etc/docker/registry/config.yml',
			`# 0 3 * * * ${collect}`,
			'0 4 * * * docker exec other registry garbage-collect -m /etc/docker/registry/config.yml',
			'0 5 * * * find /mnt/backup/docker/registry/v2 -path "*/_manifests/tags/*" -mtime +9 -delete',
		].join('\n');
		const running = [
			{
				name: 'container docker-other',
				image: 'registry:2',
				environment: [],
				names: ['other'],
				mounts: ['/srv/other:/var/lib/registry'],
			},
			{
				name: 'container docker-registry',
				image: 'registry:2',
				environment: [],
				names: ['registry'],
				mounts: [`${store}:/var/lib/registry`],
			},
		];

		expect(holdOf({crontabs: [{path: 'crontab -l', text}]}, {running}).next).toEqual([]);
	});

	it('finds the login’s crontab once, though the spool has it, too', () => {
		const text = `0 3 * * * ${collect}\n`;

		const {next} = holdOf({
			crontabs: [
				{path: 'crontab -l', text},
				{path: '/var/spool/cron/crontabs/root', text: `# DO NOT EDIT THIS FILE\n${text}`},
				{path: '/var/spool/cron/crontabs/ops', text: text.replace('3', '4')},
			],
		});

		expect(next.map(({file}) => file)).toEqual(['crontab -l', '/var/spool/cron/crontabs/ops']);
	});

	it('is by the clock of the one that looks, where the host’s differs', () => {
		const now = {...holdOf({}), clock: clock(noon)};
		const hold = assessHold(
			{root: store, files: [], running: [], gaps: []},
			{
				clock: now.clock,
				zone: {name: 'UTC', offsetMinutes: 0},
				processes: [],
				containers: [],
				crontabs: [{path: 'crontab -l', text: `0 13 * * * ${collect}`}],
				timers: [],
				hasAnacron: false,
				gaps: [],
			},
			{looked: (now.clock + 600) * 1000},
		);

		expect(hold.next).toMatchObject([{starts: '2026-04-18T13:10:00.000Z'}]);
	});
});

describe('the next start of a timer', () => {
	const gc = script('/etc/systemd/system/registry-gc.service', `[Service]\nExecStart=/usr/bin/${collect}\n`, 'unit');
	const template = script('/etc/systemd/system/clean@.service', '[Service]\nExecStart=/opt/clean.sh %i\n', 'unit');
	const clean = script('/opt/clean.sh', 'rm -rf "$1/_manifests/tags/old"');
	// As systemd 239, 247 and 252 print it.
	const told = `
Sun 2026-04-19 01:25:00 UTC  13h left      Sun 2026-04-12 01:25:00 UTC  6 days ago registry-gc.timer            registry-gc.service
Sat 2026-04-18 23:00:00 UTC  10h left      n/a                          n/a        clean@private.timer          clean@private.service
Sat 2026-04-18 12:30:00 UTC  29min left    -                            -          apt-daily.timer              apt-daily.service
`;
	const now = (lines: string) =>
		hostNowIn(
			`\nmark now ${clock(noon)} +0200\nmark seen\nmark timers --system${lines}\nmark timers --user\n\nmark end\n`,
			'mark',
		);
	const hold = (lines: string) =>
		assessHold({root: store, files: [gc, template, clean], running: [], gaps: []}, now(lines), {
			looked: clock(noon) * 1000,
		});

	it('is what systemd says, also of an instance of a template; others are not cleaners', () => {
		expect(hold(told).next.map(({kind, file, starts}) => `${kind} ${file} ${starts}`)).toEqual([
			'tag-cleaner clean@private.timer 2026-04-18T23:00:00.000Z',
			'collection registry-gc.timer 2026-04-19T01:25:00.000Z',
		]);
	});

	it('is at an unknown time where systemd names none', () => {
		const {next} = hold('\n-   -   Sun 2026-04-12 01:25:00 UTC 6 days ago registry-gc.timer registry-gc.service');

		expect(next).toMatchObject([{file: 'registry-gc.timer', why: expect.stringContaining('systemd names no time')}]);
	});

	it('is what its file says where systemd names none, or cannot be asked', () => {
		const file = 'timer-file enabled registry-gc.timer\n[Timer]\nOnCalendar=Sun 03:25\nOnCalendar=*-*-28 04:00\n';
		const read = (records: string) =>
			assessHold(
				{root: store, files: [gc], running: [], gaps: []},
				hostNowIn(
					`\nmark now ${clock(noon)} +0200\nmark seen\nmark zone Europe/Berlin\n${records}\nmark end\n`,
					'mark',
				),
				{looked: clock(noon) * 1000},
			).next;
		const next = [{file: 'registry-gc.timer', line: 'registry-gc.service', starts: '2026-04-19T01:25:00.000Z'}];

		expect(read(`mark timers --system\n- - - - registry-gc.timer registry-gc.service\nmark ${file}`)).toMatchObject(
			next,
		);
		expect(read(`mark ${file}`)).toMatchObject(next);
		// Systemd was asked, and does not have it: it is not active.
		expect(read(`mark timers --system\nmark ${file}`)).toEqual([]);
		expect(read(`mark ${file.replace('enabled', 'disabled')}`)).toEqual([]);
	});

	it('is suspended by stopping the timer, and started again', () => {
		const {suspend} = hold(told).next[1]!;

		expect(suspend).toEqual({kind: 'command', program: 'systemctl', name: 'registry-gc.timer'});
		expect([commandOf(suspend as Parameters<typeof commandOf>[0]), undoOf(suspend)]).toEqual([
			'systemctl stop registry-gc.timer',
			'systemctl start registry-gc.timer',
		]);
	});
});

describe('the next start of a loop', () => {
	const id = 'ab'.repeat(32);
	const started = clock('2026-04-18T11:20:00Z');
	const containers = [{id, name: 'registry-gc', engine: 'docker' as const}];
	const loop = (text: string, sleep: string[] | undefined, more = {}) => {
		const shell = process(['/bin/sh', '-c', text], {container: id});
		const child =
			sleep === undefined ? [] : [process(['sleep', ...sleep], {container: id, parent: shell.pid, started, ...more})];
		return holdOf({processes: [shell, ...child], containers});
	};

	it.each([
		['while true; do registry garbage-collect -m /c.yml; sleep 3600; done', ['3600'], '2026-04-18T12:20'],
		['while :; do sleep 6h; registry garbage-collect /c.yml; done', ['6h'], '2026-04-18T17:20'],
		['while sleep "$EVERY"\ndo\n\tregistry garbage-collect /c.yml || true\ndone', ['90m'], '2026-04-18T12:50'],
		['until false; do if registry garbage-collect /c.yml; then sleep 1d; fi; done', ['1d'], '2026-04-19T11:20'],
		['while true; do sleep 60; registry garbage-collect /c.yml; sleep 3600; done', ['3600'], '2026-04-18T12:21'],
		['while true; do sleep 60; registry garbage-collect /c.yml; sleep 3600; done', ['60'], '2026-04-18T11:21'],
		[
			'registry serve /c.yml & for i in $(seq 9); do sleep 1h 30m; skopeo delete docker://localhost:5000/a:b; done',
			['1h', '30m'],
			'2026-04-18T12:50',
		],
	])('in a container is when its sleep ends: %s', (text, sleep, starts) => {
		expect(loop(text, sleep).next).toMatchObject([
			{
				file: 'container registry-gc',
				starts: `${starts}:00.000Z`,
				suspend: {kind: 'command', program: 'docker', name: 'registry-gc'},
			},
		]);
	});

	it('is the same from what docker tells of the container’s processes', () => {
		const output = [
			`\nmark now ${clock(noon)} +0000`,
			`mark container docker ${id} registry-gc`,
			`mark top ${id}`,
			'    PID    PPID ELAPSED COMMAND',
			'   4711    4690   90000 /bin/sh -c while true; do registry garbage-collect -m /c.yml; sleep 3600; done',
			'   4899    4711    2430 sleep 3600',
			'mark seen',
			'',
			'mark end\n',
		].join('\n');

		const hold = assessHold({root: store, files: [], running: [], gaps: []}, hostNowIn(output, 'mark'), {
			looked: clock(noon) * 1000,
		});

		expect(hold).toMatchObject({
			running: [],
			next: [{file: 'container registry-gc', starts: '2026-04-18T12:20:00.000Z'}],
		});
	});

	it('is at an unknown time while it works, and where nothing tells how long it sleeps', () => {
		const text = 'while true; do registry garbage-collect -m /c.yml; sleep 3600; done';
		const python = process(['python3', '/opt/clean.py'], {
			script:
				'import time, subprocess\nwhile True:\n  subprocess.run(["registry", "garbage-collect", "/c.yml"])\n  time.sleep(3600)\n',
		});

		expect(loop(text, undefined).next).toMatchObject([{why: 'it works now, and sleeps after that'}]);
		expect(loop(text.replace('3600', '"$N"'), ['infinity']).next).toMatchObject([{why: expect.any(String)}]);
		// A program that cannot be looked into may clean at any time.
		expect(holdOf({processes: [python]})).toMatchObject({running: [{kind: 'collection', perhaps: true}]});
	});

	it('of a script of a service is suspended with the service; one started by hand is ended by hand', () => {
		const file = script(
			'/opt/gc-loop.sh',
			'while true; do\n  registry garbage-collect -m /c.yml\n  sleep 3600\ndone\n',
		);
		const service = process(['/bin/sh', '/opt/gc-loop.sh'], {unit: {name: 'gc-loop.service', isUser: false}});
		const byHand = process(['bash', '-e', '/opt/gc-loop.sh'], {unit: {name: 'ssh.service', isUser: false}});

		const {next, running} = holdOf({processes: [service, byHand]}, {files: [file]});

		expect(running).toEqual([]);
		expect(next.map(({suspend}) => suspend)).toEqual([
			{kind: 'command', program: 'systemctl', name: 'gc-loop.service'},
			{kind: 'by-hand', how: `End the loop on the host: kill ${byHand.pid}`, undo: expect.any(String)},
		]);
	});

	it('in the container of the registry itself is not suspended by stopping that', () => {
		const shell = process(
			['sh', '-c', 'registry serve /c.yml & while true; do registry garbage-collect /c.yml; sleep 60; done'],
			{container: id},
		);
		const serving = process(['registry', 'serve', '/c.yml'], {container: id, parent: shell.pid});

		const {next} = holdOf({processes: [shell, serving], containers});

		expect(next).toMatchObject([{suspend: {kind: 'by-hand', how: expect.stringContaining('also runs the registry')}}]);
	});
});
