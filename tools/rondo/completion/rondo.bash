# SPDX-License-Identifier: BSL-1.0
# Completes the arguments of rondo(1).

_rondo() {
    local word=${COMP_WORDS[COMP_CWORD]}
    local before=${COMP_WORDS[COMP_CWORD - 1]}
    local reading="--zone --dialect --gap --overlap"
    local words=""
    COMPREPLY=()
    case $before in
    --dialect) words="unix seconds extended quartz" ;;
    --gap) words="run_at_end skip shift" ;;
    --overlap) words="first last both" ;;
    --format)
        words="text tsv json"
        [[ ${COMP_WORDS[1]} == history ]] && words="text csv jsonl"
        ;;
    --zone)
        # The zones of the system, if it lists them.
        [[ -r /usr/share/zoneinfo/tzdata.zi ]] &&
            words="UTC $(awk '$1 == "Z" { print $2 } $1 == "L" { print $3 }' /usr/share/zoneinfo/tzdata.zi)"
        ;;
    --uid | --from | --to | --count | --at | --anchor | --task | --limit | --run | --schema | --user | --within | --why)
        return
        ;;
    *)
        if ((COMP_CWORD == 1)); then
            words="next check explain describe tasks history run cancel --help --version"
        else
            case ${COMP_WORDS[1]} in
            next) words="$reading --uid --from --count --format --stdin --help" ;;
            check) words="$reading --help" ;;
            explain) words="$reading --uid --at --anchor --help" ;;
            describe) words="$reading --uid --help" ;;
            tasks) words="--all --schema --help" ;;
            run) words="--schema --user --within --help" ;;
            cancel) words="--schema --why --help" ;;
            history) words="--task --run --from --to --limit --format --summary --skips --help" ;;
            esac
            [[ ${COMP_WORDS[1]} =~ ^(tasks|history)$ && $word != -* ]] && words=""
        fi
        ;;
    esac
    local IFS=$' \t\n'
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}

# Where no word fits, names of files are offered: of a database, say.
complete -o default -F _rondo rondo
