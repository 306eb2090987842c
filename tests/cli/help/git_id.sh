# The commit that a program is made from is known in a clone and in an archive that git made, and
# nowhere else; what is not committed and goes into the program is told.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
shown() { # FOLDER WHAT
    cmake -D SOURCE="$PWD/$1" -D HEADER="$PWD/header" -P "$TOP/apps/mast/git_id.cmake"
    id=$(sed -n 's/^inline constexpr char kGitId\[\] = "\(.*\)";$/\1/p' header)
    echo "$2: ${id/$commit/COMMIT}"
}
mkdir -p clone/apps/mast clone/lib clone/docs
cd clone || exit
cp "$TOP/apps/mast/git_id.txt" apps/mast
cp "$TOP/.gitattributes" .
touch CMakeLists.txt lib/a.cpp docs/a.md
git init -q
git add .
git commit -q -m first
commit=$(git rev-parse --short=12 HEAD)
cd .. || exit
shown clone "a clean clone"
before=$(stat -c %y header)
shown clone "again"
[ "$before" = "$(stat -c %y header)" ] && echo "nothing is written, nothing compiled"
echo x >clone/docs/a.md
shown clone "a changed document"
echo x >clone/lib/a.cpp
shown clone "a changed source"
git -C clone checkout -q .
touch clone/lib/b.cpp
shown clone "a new source"
rm clone/lib/b.cpp

git -C clone archive --prefix=archive/ HEAD | tar x
shown archive "an archive"
git -C clone archive --prefix=clone/inside/ HEAD | tar x
shown clone/inside "an archive in a clone of something else"
cp -r clone copy && rm -rf copy/.git
shown copy "a copy without a history"
