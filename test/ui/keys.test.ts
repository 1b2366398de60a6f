import '../support/color-terminal.ts';
import {afterEach, expect, test} from 'vitest';
import type {AskedQuestion} from '../../src/domain/incident/asked.ts';
import type {Visit} from '../../src/domain/incident/incident.ts';
import {askScreen} from '../../src/ui/screens/ask.ts';
import {barOf, intentOf, keymap} from '../../src/ui/state/keymap.ts';
import {matchesOf} from '../../src/ui/state/palette.ts';
import {freshState} from '../../src/ui/state/screen-state.ts';
import {endless, openRoom, type RoomOptions} from './incident-room.ts';

let room: Awaited<ReturnType<typeof openRoom>> | undefined;
const open = async (options?: RoomOptions) => (room = await openRoom(options));
afterEach(async () => {
	await room?.leave();
	room = undefined;
});

test('a key means one thing in each scope', () => {
	const taken = keymap.flatMap(({keys, when}) => keys.map(key => `${when} ${key}`));

	expect(taken).toHaveLength(new Set(taken).size);
});

test('the last line names the keys of the nearest scope', () => {
	expect(intentOf('enter', ['held', 'anywhere'])).toBe('go-on');
	expect(barOf(['stopped', 'anywhere'])[0]).toEqual({key: 'enter', title: 'leave', intent: 'close'});
	expect(barOf(['stopped', 'anywhere']).map(({intent}) => intent)).not.toContain('leave');
});

test('a question of which one can be chosen names enter, and no key that ticks', () => {
	const scopesAt = (type: AskedQuestion['type']) => {
		const questions = [{name: 'image', prompt: 'Which image?', type, options: ['1.4.1', '1.4.0']}];
		const situation = {id: 'asking', kind: 'ask', visit: {} as Visit, questions} as const;
		return barOf(askScreen.scopesFor!(situation, freshState(situation, 0))).map(({key, title}) => `${key} ${title}`);
	};

	expect(scopesAt('pick')).toEqual(['enter choose this one']);
	expect(scopesAt('tick')).toEqual(['space tick', 'enter answer']);
});

test('enter with nothing ticked asks once more before it answers', () => {
	const options = [{number: 9, title: 'deploy', tick: false}];
	const questions: AskedQuestion[] = [{name: 'again', prompt: 'Which?', type: 'tick', options}];
	const visit = {step: 'pick', attempt: 1} as Visit;
	const situation = {id: 'asking', kind: 'ask', visit, questions} as const;
	const context = {} as Parameters<NonNullable<typeof askScreen.act>>[3];
	const act = (state: Parameters<NonNullable<typeof askScreen.act>>[1], intent: 'tick' | 'answer') =>
		askScreen.act!(situation, state, intent, context)!;

	const [asked, none] = act(freshState(situation, 0), 'answer');
	expect([asked.message?.text, none]).toEqual([expect.stringContaining('Nothing is ticked'), []]);
	const [ticked] = act(asked, 'tick');
	const [unticked] = act(ticked, 'tick');
	expect(act(unticked, 'answer')[1]).toEqual([]);
	expect(act(asked, 'answer')[1]).toMatchObject([{kind: 'send', event: {answers: {again: []}}}]);
});

test('a key that does nothing says why', async () => {
	const {press, until} = await open({world: {verify: endless}});
	await until('Diagnose the tag');

	press('d');
	await until('d does nothing here');
	press('%');
	await until('% is not a key');
	press('\u001A');
	await until('cannot be suspended here');
});

test('the help page is the keymap', async () => {
	const {press, until, reach} = await open({columns: 100, rows: 50});
	await reach('diagnosed');

	press('?');

	const screen = await until('Anywhere');
	expect(screen).toMatch(/Keys[\s\S]*Now[\s\S]*enter +go on[\s\S]*Anywhere[\s\S]*A decision/);
	expect(screen).toMatch(/up k +up/);
	expect(screen).toMatch(/ctrl-c +leave at once/);
	expect(screen).not.toContain('A step has ended');
	press('q');
	await until('Anywhere', true);
});

test('the last line keeps the way to the help, however narrow it is', async () => {
	const {reach} = await open({columns: 44, rows: 16});

	expect((await reach('diagnosed')).split('\n').at(-1)).toMatch(/\? keys$/);
});

test('a step is skipped as one of its outcomes, with a reason', async () => {
	const {press, until, reach, events} = await open();
	await reach('diagnosed');

	press('s');
	expect(await until('as if its outcome')).toContain('unreachable  → Decide');
	press('j\r');
	await until('as "unreachable". Why?');
	press('\r');
	await until('Give a reason; esc goes back.');
	press('no access to the VM\r');

	await until('Give a reason', true);
	expect(events('step.skipped')).toMatchObject([
		{step: 'scan', attempt: 1, outcome: 'unreachable', reason: 'no access to the VM'},
	]);
});

test('a person can decide again at any time, with a reason', async () => {
	const {press, until, reach, events} = await open();
	await reach('diagnosed');

	press('b');
	await until('Decide again. Why?');
	press('I know what to do\r');

	await until('Next: Decide');
	expect(events('decision.reopened')).toMatchObject([{reason: 'I know what to do'}]);
});

test('the prose of the step is one key away', async () => {
	const {press, until, reach} = await open();
	await reach('diagnosed');

	press('p');

	await until('What exactly is gone, and since when.');
});

test('the log follows, scrolls, and finds', async () => {
	const {press, until} = await open({
		world: {
			verify: async (inputs, context) => {
				for (let line = 1; line <= 300; line++) {
					context.log(line === 120 ? 'needle here' : `line ${line}`);
				}

				return endless(inputs, context);
			},
		},
	});
	await until('line 300');

	press('l');
	press('k');
	await until('1 more');
	press('g');
	await until('line 1 ');
	press('G');
	await until('follows');
	press('/');
	await until('Search the log');
	press('needle\r');
	await until('❯ needle here');
	press('z');
	expect(await until('line 110')).not.toContain('Steps');
	press('/');
	await until('Search the log');
});

test('long work shows how far it is and how long it has taken', async () => {
	const {until} = await open({
		world: {
			verify: (inputs, context) => {
				context.progress({label: 'blobs', done: 30, total: 120});
				return endless(inputs, context);
			},
		},
	});

	expect(await until('blobs  30/120')).toContain('25 %');
	await until(/blobs .*\/s .* left .*1\.\d s/);
});

test('the help page begins with the keys that work now, each once', async () => {
	const {press, until, reach} = await open();
	await reach('decide');
	press('\r');
	await until('To go ahead');

	press('?');

	const screen = await until('Anywhere, once tab');
	expect(screen.match(/\besc\b.*/g)?.[0]).toMatch(/esc +decline/);
	expect(screen).toMatch(/Now[\s\S]*enter +answer[\s\S]*Anywhere/);
});

test('a command is found by its name and does what its key does', async () => {
	const {press, until, reach, events} = await open();
	await reach('diagnosed');

	press(':');
	expect(await until('Command:')).toMatch(/❯ go on +enter/);
	press('not');
	await until(/❯ note +n/);
	press('\r');
	await until('Note for the journal');
	press('by name\r');

	await until('Note for the journal', true);
	expect(events('note.added')).toMatchObject([{text: 'by name'}]);
});

test('the arrows mark another match, and a name without a command is refused', async () => {
	const {press, until, reach} = await open({columns: 60, rows: 16});
	await reach('diagnosed');

	press(':');
	await until('Command:');
	press('s');
	await until(/❯ search the log/);
	press('\u001B[B');
	await until(/❯ skip/);
	press('zz\r');
	await until('"szz" is not a command here');
	press('\u001B');
	await until('Command:', true);
});

test('every command of the palette is in the keymap, and keys that only move are left out', () => {
	const palette = {kind: 'command', field: {text: '', at: 0}, scopes: ['held', 'anywhere'], cursor: 0} as const;
	const names = matchesOf(palette).map(({title}) => title);

	expect(names).toEqual(expect.arrayContaining(['go on', 'note', 'skip', 'decide again', 'leave', 'log', 'keys']));
	expect(names).not.toContain('up');
	expect(names.filter(name => !keymap.some(({title}) => title === name))).toEqual([]);
});
