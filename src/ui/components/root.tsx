import {useApp, useInput, usePaste, useWindowSize} from 'ink';
import {useEffect, useRef, useState} from 'react';
import type {Formatter} from '../draw/formatter.ts';
import {drawLoading, type Intro} from '../draw/frame.ts';
import {App, type AppProps, type KeyHandlers} from './app.tsx';
import {Rows} from './rows.tsx';

/** An incident that is open. */
export type OpenIncident = Pick<AppProps, 'session' | 'image' | 'journalFolder'>;

/** Learns how the screen steps aside for another program, for as long as there is a screen. */
export type ScreenHolder = {take(stepAside: (work: () => Promise<void>) => Promise<void>): () => void};

type RootProps = Omit<AppProps, keyof OpenIncident | 'handlers'> & {
	intro: Intro;
	opened: Promise<OpenIncident>;
	foreground?: ScreenHolder;
};

/** The loading screen until there is an incident to show, then the incident. */
export function Root({intro, opened, foreground, ...rest}: RootProps) {
	const {exit, suspendTerminal} = useApp();
	const [incident, setIncident] = useState<OpenIncident>();
	const handlers = useRef<KeyHandlers>({
		press(input, key) {
			if (input === 'q' || (key.ctrl && input === 'c')) {
				exit();
			}
		},
		paste() {},
	});
	useInput((input, key) => handlers.current.press(input, key));
	usePaste(text => handlers.current.paste(text));

	useEffect(() => {
		opened.then(setIncident, error => exit(error instanceof Error ? error : new Error(String(error))));
	}, [opened, exit]);

	useEffect(() => foreground?.take(work => suspendTerminal(work)), [foreground, suspendTerminal]);

	return incident ? (
		<App {...rest} {...incident} handlers={handlers} />
	) : (
		<LoadingScreen intro={intro} format={rest.format} colors={rest.colors} />
	);
}

type LoadingScreenProps = {intro: Intro; format: Formatter; colors: boolean};

function LoadingScreen({intro, format, colors}: LoadingScreenProps) {
	const {columns, rows} = useWindowSize();
	return <Rows rows={drawLoading(intro, format, {columns, rows})} width={columns} height={rows} colors={colors} />;
}
