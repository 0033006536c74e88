# Completion of commands and flags of pptpac for bash. Load it from ~/.bashrc,
# or install it as /usr/share/bash-completion/completions/pptpac.

_pptpac() {
	local current=${COMP_WORDS[COMP_CWORD]}
	local before=("${COMP_WORDS[@]:0:COMP_CWORD}")
	COMPREPLY=()
	# Only a flag that has been begun is a word to pptpac; of anything else it
	# lists all that can follow.
	[[ $current == -* ]] && before+=("$current")
	local list
	list=$("${before[@]}" --generate-bash-completion 2>/dev/null) || return
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$current")
}

complete -F _pptpac pptpac
