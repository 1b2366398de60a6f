import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {HostNow} from '../../../src/domain/hold/host-now.ts';
import {sayChange} from '../../../src/domain/incident/change.ts';
import {parseChanges} from '../../../src/domain/incident/parse-changes.ts';
import {toJson, toJsonObject} from '../../../src/domain/json.ts';
import type {Ports} from '../../../src/engine/actions/action.ts';
import {storageHold} from '../../../src/engine/actions/storage-hold.ts';
import {storageSuspend} from '../../../src/engine/actions/storage-suspend.ts';
import type {Storage} from '../../../src/engine/ports/storage.ts';
import {contextWith, fakeStorage, quietHost} from '../../support/fake-ports.ts';
import {clock, hostNow, process, script} from '../../support/host-now.ts';

const collect = 'registry garbage-collect -m /c.yml';
const id = 'ab'.repeat(32);
const line = `25 3 * * 0 ${collect}`;
const crontab: Partial<HostNow> = {crontabs: [{path: 'crontab -l', text: `# weekly\n${line}\n`}]};
const timer: Partial<HostNow> = {
	timers: [{unit: 'gc.timer', activates: 'gc.service', isUser: false, next: clock('2026-04-19T05:00:00Z')}],
};
const shell = process(['sh', '-c', `while true; do ${collect}; sleep 3600; done`], {container: id});
const sleeping = process(['sleep', '3600'], {container: id, parent: shell.pid, started: clock('2026-04-18T11:30:00Z')});
const loop: Partial<HostNow> = {
	processes: [shell, sleeping],
	containers: [{id, name: 'registry-gc', engine: 'docker'}],
};

/** A host with these plans. `after`: what it plans once something was suspended. */
function host(plans: Partial<HostNow>, {after = {}, ...more}: {after?: Partial<HostNow>} & Partial<Storage> = {}) {
	let now = plans;
	const ran: string[] = [];
	const storage = fakeStorage([], {
		maintenance: async () => ({
			...quietHost,
			files: [script('/etc/systemd/system/gc.service', `[Service]\nExecStart=/usr/bin/${collect}\n`, 'unit')],
		}),
		hostNow: async () => hostNow(now),
		async suspend({program, name}) {
			ran.push(`${program} ${name}`);
			now = after;
			return {exitCode: 0, output: ''};
		},
		...more,
	});
	return {
		ran,
		context: contextWith({storage} as Partial<Ports>),
		becomes(next: Partial<HostNow>) {
			now = next;
		},
	};
}

async function nextOf(world: ReturnType<typeof host>) {
	const {outcome, output} = await storageHold.run({}, world.context);
	expect(outcome).toBe('found');
	// As the journal gives it to the next step.
	return storageSuspend.parse({next: toJsonObject(output).next!});
}

test.each([
	['a timer', timer, 'systemctl stop gc.timer', 'systemctl start gc.timer', 'systemctl gc.timer'],
	['a loop in a container', loop, 'docker stop registry-gc', 'docker start registry-gc', 'docker registry-gc'],
])(
	'%s is suspended by a command that is typed at the gate, and its undo is kept',
	async (_, plans, typed, undo, ran) => {
		const world = host(plans);
		const inputs = await nextOf(world);

		const gate = await storageSuspend.gate!(inputs, world.context);

		expect(gate).toMatchObject({phrase: typed, undo});
		expect(gate.changes.flatMap(sayChange)[0]).toBe(`runs: ${typed}`);
		// The journal keeps the change, and reads it back.
		expect(parseChanges([], toJson(gate.changes))).toEqual(gate.changes);
		expect(world.ran).toEqual([]);

		expect(await storageSuspend.run(inputs, world.context)).toMatchObject({outcome: 'suspended', output: {undo}});
		expect(world.ran).toEqual([ran]);
	},
);

test('a line of a crontab is commented out by hand, and believed only when the crontab says so', async () => {
	const world = host(crontab);
	const inputs = await nextOf(world);

	const gate = await storageSuspend.gate!(inputs, world.context);
	expect(gate).toMatchObject({phrase: 'done', undo: `Take the # away again before line 2, with crontab -e: ${line}`});
	expect(gate.changes.flatMap(sayChange)).toEqual([
		`by hand, before you answer: Put # before line 2, with crontab -e: ${line}`,
		`does not start any more: ${line}`,
	]);

	expect(await storageSuspend.run(inputs, world.context)).toMatchObject({
		outcome: 'failed',
		say: `The host would still start it: crontab -l:2: ${line}`,
	});

	world.becomes({crontabs: [{path: 'crontab -l', text: `# weekly\n#${line}\n`}]});
	expect(await storageSuspend.run(inputs, world.context)).toMatchObject({outcome: 'suspended'});
	expect(world.ran).toEqual([]);
});

const collecting = process(['registry', 'garbage-collect', '-m', '/c.yml'], {container: id, parent: shell.pid});

test('what works at this moment is not stopped half-way, also where it began while the gate was read', async () => {
	const world = host(loop);
	const inputs = await nextOf(world);
	const working = {...loop, processes: [shell, collecting]};
	world.becomes(working);

	await expect(storageSuspend.gate!(inputs, world.context)).rejects.toMatchObject({
		code: 'storage.working',
		message: expect.stringMatching(
			/^This works at this moment: registry garbage-collect -m \/c\.yml \(process \d+\)\.$/,
		),
	});

	world.becomes(loop);
	await storageSuspend.gate!(inputs, world.context);
	world.becomes(working);
	await expect(storageSuspend.run(inputs, world.context)).rejects.toMatchObject({code: 'storage.working'});
	expect(world.ran).toEqual([]);
});

test('a service is not stopped while something works on the store, a timer is: that ends nothing', async () => {
	const unit = {name: 'gc-loop.service', isUser: false};
	const [outer, inner] = [
		{...shell, container: undefined, unit},
		{...collecting, container: undefined, unit},
	].map(({container: _, ...rest}) => rest);
	const world = host({processes: [outer!, {...sleeping, parent: outer!.pid}]});
	const inputs = await nextOf(world);
	expect(inputs.next.suspend).toMatchObject({program: 'systemctl', name: 'gc-loop.service'});
	world.becomes({processes: [outer!, inner!]});
	await expect(storageSuspend.gate!(inputs, world.context)).rejects.toMatchObject({code: 'storage.working'});

	const timed = host(timer);
	const next = await nextOf(timed);
	timed.becomes({...timer, processes: [inner!]});
	expect(await storageSuspend.gate!(next, timed.context)).toMatchObject({phrase: 'systemctl stop gc.timer'});
});

test('what is not planned any more needs no gate', async () => {
	const world = host(timer);
	const inputs = await nextOf(world);
	world.becomes({});

	await expect(storageSuspend.gate!(inputs, world.context)).rejects.toMatchObject({
		message: 'The host does not plan it any more: gc.timer: gc.service',
		hint: 'Nothing has to be suspended.',
	});
});

test('a command that fails says why, and what to do', async () => {
	const world = host(timer, {
		suspend: async () => ({exitCode: 1, output: 'Failed to stop gc.timer: Interactive authentication required.\n'}),
	});

	expect(await storageSuspend.run(await nextOf(world), world.context)).toMatchObject({
		outcome: 'failed',
		say: 'systemctl stop gc.timer failed with exit code 1: Failed to stop gc.timer: Interactive authentication required.',
		problem: {hint: expect.stringContaining('by hand on the host')},
	});
});

test('a host that is lost right after the command leaves it unknown whether it was suspended', async () => {
	let looks = 0;
	const world = host(timer, {
		hostNow: async () => {
			if (++looks > 2) {
				throw new OperatorError('ssh.unreachable', 'The host does not respond.', {hint: 'Wait.', exit: 'unreachable'});
			}

			return hostNow(timer);
		},
	});

	await expect(storageSuspend.run(await nextOf(world), world.context)).rejects.toMatchObject({code: 'effect.unknown'});
	expect(world.ran).toEqual(['systemctl gc.timer']);
});

test('after a crash the host tells whether it was suspended', async () => {
	const world = host(timer);
	const inputs = await nextOf(world);

	expect(await storageSuspend.reconcile!(inputs, world.context)).toMatchObject({kind: 'not-done'});
	world.becomes({});
	expect(await storageSuspend.reconcile!(inputs, world.context)).toMatchObject({kind: 'done', outcome: 'suspended'});
	world.becomes({gaps: ['the processes of other users']});
	expect(await storageSuspend.reconcile!(inputs, world.context)).toMatchObject({kind: 'unknown'});
});

test('where nothing will clean the store, that is said with what was not looked at', async () => {
	const world = host({gaps: ['the processes of other users']});

	expect(await storageHold.run({}, world.context)).toMatchObject({
		outcome: 'none',
		say: 'Nothing was found that will clean the store. Not looked at: the processes of other users.',
	});
	expect(await storageHold.run({}, contextWith({}))).toMatchObject({outcome: 'unavailable'});
});

test('a login that does not see all of the host suspends what it sees, and says what it does not', async () => {
	const gaps = ['/var/spool/cron/crontabs: permission denied'];
	const world = host({...timer, gaps}, {after: {gaps}});
	const inputs = await nextOf(world);

	expect(await storageSuspend.gate!(inputs, world.context)).toMatchObject({phrase: 'systemctl stop gc.timer'});
	expect(await storageSuspend.run(inputs, world.context)).toMatchObject({
		outcome: 'suspended',
		say: 'Suspended: gc.timer: gc.service. Not looked at: /var/spool/cron/crontabs: permission denied. To undo it: systemctl start gc.timer',
	});
});

test('a host that does not respond is unreachable, and not one without cleaners', async () => {
	const lost = new OperatorError('ssh.unreachable', 'The host does not respond.', {hint: 'Wait.', exit: 'unreachable'});
	const world = host({}, {hostNow: async () => Promise.reject(lost)});

	await expect(storageHold.run({}, world.context)).rejects.toBe(lost);
	expect(storageHold.outcomeOf!(lost)).toBe('unreachable');
});
