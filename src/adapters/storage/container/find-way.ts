import {defined} from '../../../domain/defined.ts';
import {OperatorError} from '../../../domain/errors.ts';
import {type Engine, engines, partsOfVolume} from '../../../domain/storage/volume.ts';
import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {enginePath, findVolume} from '../host/find-volume.ts';
import type {Mount} from './launch.ts';

/** What is configured of a store that is read in a container: a volume, or a folder of the host. */
export type ContainerStoreOptions = {root?: string; volume?: string; engine?: Engine; image?: string};

/** `root`: the store's folder, the same in the container as on the host. `program`: of the engine, on the host. */
export type Way = {engine: Engine; program: string; mount: Mount; root: string};

const timeoutMs = 60_000;

/**
 * The root is the line of standard input, the engines are the arguments. Prints `real PATH`, and `engine NAME PROGRAM` for the first that
 * responds, or `said TEXT`. Docker refuses a folder that does not exist; Podman's service for docker makes it, so that its own program is used.
 * Symbolic links are resolved as far as this login sees them: every other responder names the store by its real path.
 */
const printEngine = `LC_ALL=C; export LC_ALL
${enginePath}IFS= read -r root
printf 'real %s\\n' "$(readlink -f "$root" 2>/dev/null)"
for engine do
	program=$(command -v "$engine") || continue
	case $engine$($quick "$program" version --format '{{range .Server.Components}}{{.Name}} {{end}}' 2>/dev/null </dev/null) in
	docker*Podman*) printf 'said docker is the service of Podman here, which would make a folder that does not exist\\n'; continue ;;
	esac
	if said=$($quick "$program" ps -q 2>&1 </dev/null); then printf 'engine %s %s\\n' "$engine" "$program"; break; fi
	printf '%s\\n' "$said" | sed -n '/./s/^/said /p' | tail -n 1
done
echo end
`;

/** @throws OperatorError storage.volume | storage.container */
export async function findWay(options: ContainerStoreOptions, host: Shell, {signal}: Waiting): Promise<Way> {
	const {root, volume = '', engine} = options;
	if (root === undefined) {
		const {name, folder: below} = partsOfVolume(volume);
		const found = await findVolume({volume: name, ...defined({engine})}, {shell: host, signal});
		const mount = {type: 'volume' as const, source: name, folder: found.folder};
		const {program} = found;
		return {engine: found.engine, program, mount, root: below === '' ? found.folder : `${found.folder}/${below}`};
	}

	const asked = engine === undefined ? engines : [engine];
	const request = {kind: 'read', script: printEngine, args: asked, input: `${root}\n`, timeoutMs} as const;
	const output = Buffer.from((await host.run(request, {signal})).stdout).toString();
	const [, name, program = ''] = /^engine (\S+) (\S+)$/m.exec(output) ?? [];
	const responding = engines.find(each => each === name);
	if (responding === undefined) {
		throw noEngine(host.place, asked, /^said (.+)$/m.exec(output)?.[1]);
	}

	const real = /^real (\/.*)$/m.exec(output)?.[1] ?? root.replace(/(?<=.)\/+$/, '');
	// What is moved aside lies beside docker/, above the folder that `root` may name.
	const folder = real.replace(/(?<=.)\/docker\/registry\/v2$/, '');
	return {engine: responding, program, mount: {type: 'bind', source: folder, folder}, root: real};
}

function noEngine(place: string, asked: readonly Engine[], said: string | undefined): OperatorError {
	const names = asked.join(' and ');
	const message =
		said === undefined
			? `There is no ${asked.join(' and no ')} on ${place}.`
			: `${place}: ${names} cannot be used: ${said}.`;
	return new OperatorError('storage.container', message, {
		hint: 'Start its daemon, add this login to the group docker (`sudo usermod -aG docker LOGIN`, which grants root), or write `become: sudo`.',
		exit: 'refused',
	});
}
