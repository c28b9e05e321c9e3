/** What the commands for a cluster may be told; each option has its environment variable. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { lanesOption } from '../cli/options.ts';

/** The release of Istio that everything here is tried with. */
const ISTIO_VERSION = '1.31.1';
const ISTIO_CHARTS = 'https://istio-release.storage.googleapis.com/charts';

export interface IstioSettings {
  /** A chart repository's URL, or a folder with base-, istiod- and gateway-VERSION.tgz. */
  istioCharts: string;
  istioVersion: string;
  /** Where pilot and proxyv2 are pulled from; undefined: where the charts say. */
  istioHub?: string;
  /** A folder with istiod.yaml, gateway.yaml: values that come last for the chart of that name. */
  istioValues?: string;
}

function istioOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--istio-charts <where>', "Istio's chart repository, or a folder with its charts as .tgz")
        .env('ISTIO_CHARTS')
        .default(ISTIO_CHARTS),
    )
    .addOption(
      new Option('--istio-version <version>', 'release of Istio').env('ISTIO_VERSION').default(ISTIO_VERSION),
    )
    .addOption(new Option('--istio-hub <registry>', "registry of Istio's images").env('ISTIO_HUB'))
    .addOption(
      new Option('--istio-values <folder>', 'folder with istiod.yaml and gateway.yaml, applied last').env(
        'ISTIO_VALUES',
      ),
    );
}

function imageOptions(command: Command): Command {
  return command.addOption(
    new Option('--base-image <image>', "base image of the services' images").env('BASE_IMAGE'),
  );
}

/** For every command that deploys. */
export function deployOptions(command: Command): Command {
  return imageOptions(istioOptions(command))
    .addOption(lanesOption())
    .option('--dry-run', 'print the commands, run none')
    .addOption(
      new Option('--timeout <seconds>', 'how long a step may wait').default(180).argParser(parseSeconds),
    );
}

export function clusterOption(): Option {
  return new Option('--name <cluster>', "kind's name for the cluster")
    .env('KIND_CLUSTER')
    .default('coloring');
}

export function gatewayPortOption(): Option {
  return new Option('-p, --gateway-port <port>', 'port of the gateway on this computer')
    .env('GATEWAY_PORT')
    .default(8080)
    .argParser(parsePort);
}

function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port < 1 || port > 65535) {
    throw new InvalidArgumentError('A port is a number from 1 to 65535.');
  }
  return port;
}

export function parseSeconds(value: string): number {
  const seconds = Number(value);
  if (!/^\d+$/.test(value) || seconds < 1) throw new InvalidArgumentError('A whole number of seconds.');
  return seconds;
}
