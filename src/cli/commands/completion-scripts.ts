export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish'] as const;

export type CompletionShell = (typeof COMPLETION_SHELLS)[number];

/** A command as shells complete it. */
export interface CompletedCommand {
  readonly name: string;
  readonly about: string;
  /** Also called `kafka-NAME` and `kafka-NAME.sh`. */
  readonly isKafkas: boolean;
  /** With their leading dashes. */
  readonly options: readonly string[];
}

/** The script that a shell reads. */
export function completionScript(shell: CompletionShell, commands: readonly CompletedCommand[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return zsh(commands);
    case 'fish':
      return fish(commands);
    default:
      return shell satisfies never;
  }
}

function bash(commands: readonly CompletedCommand[]): string {
  return `# bash completion of posthorn and of Kafka's commands
_posthorn() {
  local current="\${COMP_WORDS[COMP_CWORD]}" called="\${COMP_WORDS[0]##*/}" command='' words=''
  if [[ $called == kafka-* ]]; then
    command="\${called#kafka-}"
    command="\${command%.sh}"
  elif ((COMP_CWORD > 1)); then
    command="\${COMP_WORDS[1]}"
  fi
  case "$command" in
    '') words='${commands.map(({ name }) => name).join(' ')} --help --version' ;;
${commands.map(({ name, options }) => `    ${name}) words='${argumentsOf(name, options)}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _posthorn ${calledNames(commands).join(' ')}`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, about }) => `      ${quoted(`${name}:${about.replaceAll(':', '\\:')}`)}`);
  return `#compdef ${calledNames(commands).join(' ')}
# zsh completion of posthorn and of Kafka's commands
_posthorn() {
  local called="\${words[1]:t}" command=''
  local -a items
  if [[ $called == kafka-* ]]; then
    command="\${\${called#kafka-}%.sh}"
  elif ((CURRENT > 2)); then
    command="\${words[2]}"
  else
    items=(
${described.join('\n')}
    )
    _describe command items
    return
  fi
  case "$command" in
${commands.map(({ name, options }) => `    ${name}) items=(${argumentsOf(name, options)}) ;;`).join('\n')}
  esac
  compadd -a items
  _files
}
compdef _posthorn ${calledNames(commands).join(' ')}`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name, about, isKafkas, options }) => {
    const words = argumentsOf(name, options).split(' ');
    const after = `complete -c posthorn -n '__fish_seen_subcommand_from ${name}'`;
    const calls = isKafkas ? [`complete -c kafka-${name}`, `complete -c kafka-${name}.sh`] : [];
    return [
      `complete -c posthorn -n __fish_use_subcommand -f -a ${name} -d ${quoted(about)}`,
      ...[after, ...calls].flatMap((head) =>
        words.map((word) => (word.startsWith('--') ? `${head} -l ${word.slice(2)}` : `${head} -f -a ${word}`)),
      ),
    ];
  });
  return ["# fish completion of posthorn and of Kafka's commands", ...lines].join('\n');
}

function argumentsOf(name: string, options: readonly string[]): string {
  return (name === 'completion' ? [...COMPLETION_SHELLS, ...options] : options).join(' ');
}

function calledNames(commands: readonly CompletedCommand[]): string[] {
  const kafkas = commands.filter(({ isKafkas }) => isKafkas);
  return ['posthorn', ...kafkas.flatMap(({ name }) => [`kafka-${name}`, `kafka-${name}.sh`])];
}

/** A word for a shell, in which nothing is special. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
