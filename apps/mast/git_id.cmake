# Writes the header with the commit that the sources are of, when it has changed:
#   cmake -D SOURCE=FOLDER -D HEADER=FILE -P git_id.cmake
# It asks git in a clone, reads git_id.txt in an archive that git made, and else knows nothing. What
# of the clone is not committed and goes into the program makes it "dirty".
set(id "")
find_program(GIT git)
function(ask_git result)
    execute_process(COMMAND ${GIT} -c safe.directory=* --no-optional-locks ${ARGN}
                    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE text ERROR_QUIET
                    OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
    if(failed)
        set(text "")
    endif()
    set(${result} "${text}" PARENT_SCOPE)
endfunction()

# Sources without a history may lie within the clone of something else.
if(GIT AND EXISTS ${SOURCE}/.git)
    ask_git(id rev-parse --short=12 HEAD)
    ask_git(changes status --porcelain -- apps/mast lib CMakeLists.txt)
    if(id AND changes)
        string(APPEND id ", dirty")
    endif()
else()
    file(READ ${SOURCE}/apps/mast/git_id.txt archived)
    string(STRIP "${archived}" archived)
    if(archived MATCHES "^[0-9a-f]+$")
        string(SUBSTRING ${archived} 0 12 id)
    endif()
endif()

set(text "// Made by apps/mast/git_id.cmake.\n#pragma once\n\ninline constexpr char kGitId[] = \"${id}\";\n")
set(old "")
if(EXISTS ${HEADER})
    file(READ ${HEADER} old)
endif()
if(NOT text STREQUAL old)
    file(WRITE ${HEADER} "${text}")
endif()
