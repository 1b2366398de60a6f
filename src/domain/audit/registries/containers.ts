import {defined} from '../../defined.ts';
import {type Job, jobsOf} from '../commands/jobs.ts';
import {isHarmless} from '../commands/shell.ts';
import type {MaintenanceFile, RunningRegistry} from '../maintenance.ts';
import {variablesIn} from './environment-file.ts';
import {configurationIn, isRegistryImage, mountIn, type RegistryOnHost, type Setting} from './registry-on-host.ts';

/** A container or a process that runs now. */
export function runningRegistry({name, image, environment, ...running}: RunningRegistry): RegistryOnHost {
	const {names = [], mounts = [], configuration, started} = running;
	const variables = variablesIn({path: name, text: environment.join('\n')});
	return {
		names,
		...defined({
			image: image === undefined ? undefined : {file: name, line: `image: ${image}`, value: image},
			configuration,
			started,
		}),
		variables: new Map(variables.map(([key, {at: _, ...setting}]) => [key, setting])),
		mounts: mounts.flatMap(mount => mountIn(mount, '/')),
		isRunning: true,
	};
}

/** @see podman-systemd.unit(5) */
export function registryInQuadlet({path, text}: MaintenanceFile): RegistryOnHost | undefined {
	const said = text.split('\n').flatMap((line, n): (Setting & {key: string})[] => {
		const [, key, value = ''] = /^\s*(Image|Environment|Volume|ContainerName|Exec)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
		return key === undefined ? [] : [{key, file: path, at: n + 1, line: line.trim(), value}];
	});
	const of = (key: string) => said.filter(each => each.key === key).map(({key: _, ...setting}): Setting => setting);
	const variables = of('Environment').flatMap(setting =>
		setting.value.split(/\s+/).flatMap((word): [string, Setting][] => {
			const [, name, value = ''] = /^(REGISTRY_\w+)=(.*)$/.exec(word.replace(/^["']|["']$/g, '')) ?? [];
			return name === undefined ? [] : [[name, {...setting, value}]];
		}),
	);
	const image = of('Image').find(({value}) => isRegistryImage(value));
	if (image === undefined && variables.length === 0) {
		return undefined;
	}

	const unit = path.slice(path.lastIndexOf('/') + 1).replace(/\.container$/, '');
	return {
		names: [unit, `systemd-${unit}`, ...of('ContainerName').map(({value}) => value)],
		image: image ?? {file: path, line: unit, value: ''},
		variables: new Map(variables),
		...defined({configuration: configurationIn(of('Exec').flatMap(({value}) => value.split(/\s+/)))}),
		mounts: of('Volume').flatMap(({value}) => mountIn(value, '/')),
		isRunning: false,
	};
}

/** `docker run -d … registry:2 …` in a script, unit or crontab: a container that serves. */
export function registriesStarted(file: MaintenanceFile): RegistryOnHost[] {
	return jobsOf(file).flatMap(job => startedBy(job, file.path));
}

function startedBy(job: Job, path: string): RegistryOnHost[] {
	return job.flatMap(({argv, at, line}): RegistryOnHost[] => {
		const engine = argv.findIndex(word => /(?:^|\/)(?:docker|podman|nerdctl)$/.test(word));
		const image = argv.findIndex(word => /[:/@]/.test(word) && isRegistryImage(word));
		const words = argv.slice(image + 1).filter(word => !/^\d*[<>]/.test(word));
		const serves = words.length === 0 || words[0] === 'serve' || configurationIn(words.slice(0, 1)) !== undefined;
		if (
			engine === -1 ||
			image < engine ||
			!/^(?:run|create)$/.test(argv[engine + 1] ?? '') ||
			!serves ||
			isHarmless(argv)
		) {
			return [];
		}

		const options = argv.slice(engine + 2, image);
		const valuesOf = (...names: string[]) =>
			options.flatMap((word, n) => {
				const [name, value] = word.split(/=(.*)/s);
				return !names.includes(name!) ? [] : [value ?? options[n + 1] ?? ''];
			});
		const setting = (value: string): Setting => ({file: path, at, line, value});
		return [
			{
				names: valuesOf('--name'),
				image: setting(argv[image]!),
				variables: new Map(
					valuesOf('-e', '--env').flatMap((text): [string, Setting][] => {
						const [, name, value = ''] = /^(REGISTRY_\w+)=(.*)$/s.exec(text) ?? [];
						return name === undefined ? [] : [[name, setting(value)]];
					}),
				),
				...defined({configuration: configurationIn(words)}),
				mounts: valuesOf('-v', '--volume').flatMap(value => mountIn(value, '/')),
				isRunning: false,
			},
		];
	});
}
