import type {Dialect} from '../../../src/drills/ci/dialect.ts';
import {pipelineStore, type StoredPipeline, type StoredStep} from '../../../src/drills/ci/pipeline-store.ts';
import type {CiPlace, CiRepository, Plan} from '../../../src/drills/ci/place.ts';
import {cancelPrevious} from '../../../src/drills/ci/requests/shared.ts';
import {startCi} from '../../../src/drills/ci/server.ts';

/** The repositories in which the recordings were made, on the simulator, with a clock of their own. */
export type Lab = Awaited<ReturnType<typeof openLab>>;

const image = 'registry.acme.example:5050/infra-ci:latest';
const second = 1_000;

type Made = Partial<StoredStep> & {name: string; seconds?: number};

/** Steps one after the other; a service begins with the one before it and takes no time. */
function steps(created: number, ...made: Made[]): StoredStep[] {
	let at = created + second;
	return made.map(({seconds = 1, kind = 'commands', log = [], ...step}) => {
		const starts = at;
		at += kind === 'service' ? 0 : seconds * second;
		return {
			kind,
			starts,
			ends: starts + seconds * second,
			log: log.map(line => ({...line, at: line.at + starts})),
			...step,
		};
	});
}

const printed = (...texts: string[]) => texts.map((text, at) => ({at: at * 700, text}));
const clone: Made = {
	name: 'clone',
	kind: 'clone',
	log: [
		{at: 0, text: '+ git init'},
		{at: 1, text: ''},
	],
};
const lint = (message: string, warning: boolean, field: string) => ({
	type: 'linter',
	message,
	warning,
	data: {file: 'woodpecker', field},
});

function slow(created: number): StoredStep[] {
	return steps(created, clone, {name: 'build', seconds: 25, log: printed('+ echo hi', 'hi', 'tick 1')}, {name: 'push'});
}

const gone = (created: number) =>
	steps(created, clone, {name: 'lint', error: `Error response from daemon: No such image: ${image}`}, {name: 'plan'});

const plans: Record<string, (created: number, dialect: Dialect) => Plan> = {
	infra: created => ({kind: 'runs', steps: slow(created)}),
	priv: created => ({kind: 'runs', steps: slow(created)}),
	off: created => ({kind: 'runs', steps: slow(created)}),
	slow: created => ({kind: 'runs', steps: slow(created)}),
	gated: created => ({kind: 'runs', steps: slow(created)}),
	filtered: () => ({kind: 'filtered'}),
	nofile: () => ({kind: 'no-file'}),
	noagent: created => ({
		kind: 'runs',
		steps: steps(created, clone, {name: 'build'}),
		workflows: [{name: 'woodpecker', labels: {kind: 'gpu'}}],
		waits: 'no-agent',
	}),
	badyaml: (_, dialect) => ({
		kind: 'invalid',
		errors: [
			lint(`Invalid or missing ${dialect === '2.8.3' ? 'steps' : '`steps`'} section`, false, 'steps'),
			lint('steps is required', true, '(root)'),
			lint('Additional property stepz is not allowed', true, '(root)'),
		],
	}),
	nosecret: () => ({
		kind: 'invalid',
		errors: [{type: 'generic', message: 'secret "registry_password" not found', warning: false}],
	}),
	baddep: (_, dialect) => ({
		kind: 'invalid',
		errors:
			dialect === '2.8.3'
				? [{type: 'generic', message: "step 'build' depends on unknown step 'nothing'", warning: false}]
				: [lint('One or more of the specified dependencies do not exist', false, 'steps.build.depends_on')],
	}),
	warn: created => ({
		kind: 'runs',
		steps: steps(created, clone, {name: 'build'}),
		errors: [
			{
				type: 'bad_habit',
				message: 'Consider adding a `when` block',
				warning: true,
				data: {file: 'woodpecker', field: 'steps.build', docs: 'https://woodpecker-ci.org/docs/usage/linter'},
			},
		],
	}),
	failstep: created => ({
		kind: 'runs',
		steps: steps(
			created,
			clone,
			{
				name: 'build',
				seconds: 3,
				exit: 3,
				log: [
					...['+ echo compiling', 'compiling', '+ sleep 3'].map(text => ({at: 1, text})),
					...["+ echo 'ERROR: no space left on device'", 'ERROR: no space left on device'].map(text => ({
						at: 2990,
						text,
					})),
				],
			},
			{name: 'push'},
		),
	}),
	selfrun: created => ({kind: 'runs', steps: gone(created)}),
	tagged: created => ({kind: 'runs', steps: gone(created)}),
	mono: created => ({kind: 'runs', steps: gone(created), workflows: [{name: 'test'}]}),
	loud: created => ({
		kind: 'runs',
		steps: steps(
			created,
			{name: 'talk', log: Array.from({length: 20_001}, (_, n) => ({at: 0, text: `line ${n}`}))},
			{name: 'colours', log: printed('\u001b[31mred', 'Downloading 10%\rDownloading 20%\rdone')},
		),
	}),
	svc: created => ({
		kind: 'runs',
		steps: steps(
			created,
			clone,
			{name: 'db', kind: 'service'},
			{name: 'lint', exit: 5, ignored: true},
			{name: 'build', exit: 28, seconds: 2},
		),
	}),
	multi: created => ({
		kind: 'runs',
		workflows: [
			{name: 'build', environ: {PLATFORM: 'amd64'}},
			{name: 'build', environ: {PLATFORM: 'arm64'}},
			{name: 'test'},
			{name: 'verify', after: 1},
		],
		steps: [
			steps(created, clone, {name: 'build'}),
			steps(created, clone, {name: 'build', exit: 7}),
			steps(created, clone, {name: 'db', kind: 'service'}, {name: 'test'}, {name: 'flaky', exit: 9, ignored: true}),
			steps(created, clone, {name: 'db', kind: 'service'}, {name: 'verify'}),
		].flatMap((own, workflow) => own.map(step => ({...step, workflow}))),
	}),
};

const pushers = ['oncall', 'dev', 'owner'];

export async function openLab(dialect: Dialect) {
	const clock = {now: Date.parse('2026-11-28T16:00:00Z')};
	const repositories = Object.entries(plans).map(
		([name, plan], at): CiRepository => ({
			id: at + 1,
			name,
			store: pipelineStore([], async () => {}),
			pushers,
			isPrivate: name === 'priv',
			active: name !== 'off',
			allowDeploy: name === 'tagged',
			branches: ['main'],
			plan: ({created}) => plan(created, dialect),
			commit: () => 'd97a600ac2d0fb3dbfe6fa8731cc87f8662ae2ca',
		}),
	);
	const place: CiPlace = {
		dialect,
		version: 'dev',
		image,
		lagMs: second,
		now: () => clock.now,
		users: new Map(
			['root-op', 'owner', 'oncall', 'dev', 'reader'].map((login, at) => [
				login,
				{id: at + 1, login, ...(login === 'root-op' ? {admin: true} : {})},
			]),
		),
		repositories,
		queue: {paused: false},
		changed: () => {},
	};
	const server = await startCi({port: 0, place});

	function repository(name: string): CiRepository {
		return repositories.find(each => each.name === name)!;
	}

	return {
		url: `http://127.0.0.1:${server.port}`,
		place,
		clock,
		repository,
		/** Something that no client of the CI asked for: a push, a tag, a deployment. */
		async happens(name: string, more: Partial<StoredPipeline> = {}): Promise<StoredPipeline> {
			const own = repository(name);
			const plan = own.plan({branch: 'main', event: more.event ?? 'push', created: clock.now});
			const pipeline = await own.store.add(number => ({
				number,
				parent: 0,
				reruns: 0,
				event: 'push',
				branch: 'main',
				commit: own.commit('main'),
				author: 'dev',
				message: 'Change 0',
				created: clock.now,
				steps: plan.kind === 'runs' ? plan.steps : [],
				...(plan.kind === 'runs' && plan.workflows ? {workflows: plan.workflows} : {}),
				...more,
			}));
			cancelPrevious({place, repository: own, query: new URLSearchParams()}, pipeline);
			return pipeline;
		},
		[Symbol.asyncDispose]: () => server.close(),
	};
}
