/** What the commands for a cluster may be told; each option has its environment variable. */
import { type Command, Option } from 'commander';
import { gatewayPortOption as gatewayPort, usualGatewayPort } from '../lanes/gateway-port.ts';
import type { Dialect } from '../lanes/model.ts';
import { dialectOption, lanesOption } from '../lanes/options.ts';
import { usualKindName } from './kind.ts';
import {
  parseCharts,
  parseClusterName,
  parseCrds,
  parseImage,
  parsePort,
  parseRegistry,
  parseRelease,
  parseSeconds,
} from './option-values.ts';
import { sources } from './sources.ts';

export interface IstioSettings {
  /** A folder with base-, istiod- and gateway-VERSION.tgz, or a repository of charts: https://… or oci://… */
  istioCharts: string;
  istioVersion: string;
  /** Where pilot and proxyv2 are pulled from; undefined: where istio/install/istiod.yaml or `istioValues` says. */
  istioHub?: string;
  /** A folder with istiod.yaml, gateway.yaml: values that come last for the chart of that name. */
  istioValues?: string;
  /** CRDs of the Gateway API: what `kubectl apply --filename` takes; undefined: none but for lanes that need them. */
  gatewayApiCrds?: string;
}

/** What a command that deploys is told. */
export interface DeployCommandOptions extends IstioSettings {
  baseImage: string;
  lanes: string;
  dialect?: Dialect;
  dryRun?: true;
  timeout: number;
}

function istioOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--istio-charts <where>',
        "Istio's charts: a folder with the .tgz files, https://… or oci://…",
      )
        .env('ISTIO_CHARTS')
        .default(sources.istioCharts.at)
        .argParser(parseCharts),
    )
    .addOption(
      new Option('--istio-version <version>', 'release of Istio')
        .env('ISTIO_VERSION')
        .default(sources.istioCharts.version)
        .argParser(parseRelease),
    )
    .addOption(
      new Option('--istio-hub <registry>', "registry of Istio's images")
        .env('ISTIO_HUB')
        .argParser(parseRegistry),
    )
    .addOption(
      new Option('--istio-values <folder>', 'folder with istiod.yaml and gateway.yaml, applied last').env(
        'ISTIO_VALUES',
      ),
    )
    .addOption(
      new Option(
        '--gateway-api-crds <where>',
        `CRDs of the Gateway API, for clusters without them: a file, a folder or https://…; in the dialect gateway by default ${sources.gatewayApi.at}`,
      )
        .env(sources.gatewayApi.instead.variable)
        .argParser(parseCrds),
    );
}

/** @param of what is made of it */
export function baseImageOption(of = "the services' images"): Option {
  return new Option('--base-image <image>', `base image of ${of}`)
    .env('BASE_IMAGE')
    .default(sources.node.at)
    .argParser(parseImage);
}

/** For every command that deploys. */
export function deployOptions(command: Command): Command {
  return istioOptions(command)
    .addOption(baseImageOption())
    .addOption(lanesOption())
    .addOption(dialectOption())
    .option('--dry-run', 'print the commands, run none')
    .addOption(
      new Option('--timeout <seconds>', 'how long a step may wait').default(180).argParser(parseSeconds),
    );
}

export function clusterOption(): Option {
  return new Option('--name <cluster>', "kind's name for the cluster")
    .env('KIND_CLUSTER')
    .default(usualKindName)
    .argParser(parseClusterName);
}

export function gatewayPortOption(): Option {
  return gatewayPort('-p, --gateway-port <port>', 'port of the gateway on this computer')
    .default(usualGatewayPort)
    .argParser(parsePort);
}
