import * as v from 'valibot';

/** Words of a command line that need no quotes. */
const word = v.pipe(v.string(), v.regex(/^[\w@%+=:,./~-]+$/, 'may have letters, digits and @ % + = : , . / ~ - only'));

const compose = v.strictObject({compose: word, in: v.optional(word), file: v.optional(word)});
const systemd = v.strictObject({systemd: word, user: v.optional(v.boolean(), false)});
const docker = v.strictObject({docker: word});
const podman = v.strictObject({podman: word});
const kubectl = v.strictObject({kubectl: word, namespace: v.optional(word), context: v.optional(word)});

const apart = v.union([compose, systemd, docker, podman, kubectl]);
/** The proxy before the registry, which may still point at the old container: by a name of the same kind, or by a form of its own. */
const proxy = v.optional(v.union([word, apart]));

type Form = v.InferOutput<typeof apart>;

const restartForms =
	'write a command, or {compose: SERVICE, in: FOLDER}, {systemd: UNIT}, {docker: CONTAINER}, {podman: CONTAINER} or {kubectl: deployment/NAME, namespace: NAME}, each with proxy: NAME where one stands before it';

/**
 * What restarts a registry, as a short form: the name of a service of compose, a unit of systemd, a container, or a workload of
 * Kubernetes (`deployment/registry`). It becomes a command of the shell.
 */
const restartForm = v.pipe(
	v.union(
		[
			v.strictObject({...compose.entries, proxy}),
			v.strictObject({...systemd.entries, proxy}),
			v.strictObject({...docker.entries, proxy}),
			v.strictObject({...podman.entries, proxy}),
			v.strictObject({...kubectl.entries, proxy}),
		],
		restartForms,
	),
	v.transform(({proxy: before, ...form}): string => {
		const second = before === undefined ? [] : [typeof before === 'string' ? sameKind(form, before) : before];
		return [form, ...second].map(commandOf).join(' && ');
	}),
);

/** What restarts the registry on its host, as a command; a short form becomes one. */
export const restartCommand = v.union([v.pipe(v.string(), v.nonEmpty('must not be empty')), restartForm], restartForms);

/** Version 2 of compose is a plug-in of docker, version 1 a program of its own: the one that is there. */
export const chooseCompose =
	"{ if docker compose version >/dev/null 2>&1; then compose='docker compose'; else compose=docker-compose; fi; }";

/** A container that is restarted is not waited for by `docker restart`; a rollout is, by its status. */
const rolloutSeconds = 110;

function commandOf(form: Form): string {
	if ('compose' in form) {
		const file = form.file === undefined ? '' : ` -f ${form.file}`;
		const folder = form.in === undefined ? '' : `cd ${form.in} && `;
		return `${chooseCompose} && ${folder}$compose${file} restart ${form.compose}`;
	}

	if ('systemd' in form) {
		return `systemctl${form.user ? ' --user' : ''} restart ${form.systemd}`;
	}

	if ('kubectl' in form) {
		const options = [
			...(form.context === undefined ? [] : [`--context=${form.context}`]),
			...(form.namespace === undefined ? [] : [`--namespace=${form.namespace}`]),
		];
		const kubectlWith = ['kubectl', ...options].join(' ');
		return `${kubectlWith} rollout restart ${form.kubectl} && ${kubectlWith} rollout status ${form.kubectl} --timeout=${rolloutSeconds}s`;
	}

	return 'docker' in form ? `docker restart ${form.docker}` : `podman restart ${form.podman}`;
}

function sameKind(form: Form, name: string): Form {
	if ('compose' in form) {
		return {...form, compose: name};
	}

	if ('systemd' in form) {
		return {...form, systemd: name};
	}

	if ('kubectl' in form) {
		return {...form, kubectl: name};
	}

	return 'docker' in form ? {docker: name} : {podman: name};
}
