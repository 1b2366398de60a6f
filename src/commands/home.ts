import type {Invocation} from './invocation.ts';

/** `regmedic` alone: what is open, and what can be done. */
export async function home(invocation: Invocation): Promise<number> {
	const {incidents} = await import('./incidents.ts');
	invocation.talk(`regmedic ${invocation.version}: guided recovery for container registries.\n\n`);
	await incidents({}, invocation);
	invocation.talk(
		[
			'',
			'  regmedic respond --image HOST/REPOSITORY:TAG   an image cannot be pulled',
			'  regmedic resume                                go on with the latest open incident',
			'  regmedic drill                                 rehearse the incident on simulators',
			'  regmedic verify HOST/REPOSITORY:TAG            is this image whole?',
			'  regmedic --help                                everything else',
			'',
		].join('\n'),
	);
	return 0;
}
