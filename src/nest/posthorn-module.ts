import type {
  DynamicModule,
  FactoryProvider,
  ModuleMetadata,
  OnApplicationShutdown,
  OnModuleDestroy,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { declaresListeners, KafkaApplication, KafkaTemplate, type ApplicationOptions } from '../listener/index.ts';

/** Options that come from other providers, such as Nest's own configuration. */
export interface PosthornAsyncOptions {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: (...injected: never[]) => ApplicationOptions | Promise<ApplicationOptions>;
}

const OPTIONS = Symbol('posthorn options');

/**
 * KafkaTemplate and KafkaApplication for injection, and the methods of providers and controllers with `@KafkaListener` as listeners. They start when
 * the application has started, and stop before any module is destroyed; templates close last. Import it once, at the root.
 */
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest knows modules by their classes
export class PosthornModule {
  static forRoot(options: ApplicationOptions = {}): DynamicModule {
    return moduleOf([], { provide: OPTIONS, useFactory: () => options });
  }

  static forRootAsync({ imports = [], inject = [], useFactory }: PosthornAsyncOptions): DynamicModule {
    const factory = useFactory as (...injected: unknown[]) => ApplicationOptions | Promise<ApplicationOptions>;
    return moduleOf(imports, { provide: OPTIONS, useFactory: factory, inject });
  }
}

function moduleOf(imports: NonNullable<ModuleMetadata['imports']>, options: FactoryProvider): DynamicModule {
  return {
    module: PosthornModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [
      options,
      {
        provide: KafkaApplication,
        useFactory: (given: ApplicationOptions) => new KafkaApplication(given),
        inject: [OPTIONS],
      },
      {
        provide: KafkaTemplate,
        useFactory: (application: KafkaApplication) => application.template,
        inject: [KafkaApplication],
      },
      {
        provide: Lifecycle,
        useFactory: (application: KafkaApplication, discovery: DiscoveryService) =>
          new Lifecycle(application, discovery),
        inject: [KafkaApplication, DiscoveryService],
      },
    ],
    exports: [KafkaApplication, KafkaTemplate],
  };
}

/** Finds the listeners and ties the application to Nest's own start and end. */
class Lifecycle implements OnModuleDestroy, OnApplicationShutdown {
  readonly #application: KafkaApplication;
  readonly #discovery: DiscoveryService;

  constructor(application: KafkaApplication, discovery: DiscoveryService) {
    this.#application = application;
    this.#discovery = discovery;
  }

  async onApplicationBootstrap(): Promise<void> {
    const seen = new Set<object>();
    for (const wrapper of [...this.#discovery.getProviders(), ...this.#discovery.getControllers()]) {
      const isStatic = wrapper.isDependencyTreeStatic();
      const prototype: unknown = (wrapper.metatype as { prototype?: unknown } | null)?.prototype;
      if (!isStatic && typeof prototype === 'object' && prototype !== null && declaresListeners(prototype)) {
        throw new TypeError(
          `${wrapper.name} is made for each request, and no request calls a @KafkaListener: give it the default scope`,
        );
      }
      const instance: unknown = isStatic ? wrapper.instance : undefined;
      if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
      seen.add(instance);
      this.#application.addListeners(instance);
    }
    await this.#application.start();
  }

  /** What listeners use, their own modules close after this. */
  async onModuleDestroy(): Promise<void> {
    await this.#application.stopListeners();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#application.stop();
  }
}
