"""The platform's settings. What stands in the working folder is read when the server starts.

Each line shows a setting's default: take away the `#` and change it. Where the database is and
where all state is kept says the environment; see env.example. Jupyter's own settings work too,
for example `c.ServerApp.port`.
"""

c = get_config()

# How many seconds a cell may take when a submission is run again.
# c.PlatformApp.check_cell_seconds = 120.0

# How many seconds a whole notebook may take when a submission is run again.
# c.PlatformApp.check_notebook_seconds = 600.0

# How many minutes a submission that is to be run again waits while the machine has no room for it;
# then that ends, and says so. A reviewer can ask for it once more. 0 means without end.
# c.PlatformApp.check_patience_minutes = 60.0

# How many submissions are run again at the same time, in sandboxes of their own, to see whether
# they reproduce; the others wait. 0 means that none are.
# c.PlatformApp.checks_at_once = 1

# How many megabytes of the server's disk are to be left. When there are fewer, the sandbox that
# writes most is stopped.
# c.PlatformApp.disk_reserve_mb = 1024

# How many megabytes of this machine's memory have to stay available. While there is less, starts
# wait and no sandbox is made ready. 0: that is not looked at.
# c.PlatformApp.free_memory_mb = 512

# For how many days the record of what admins did is kept: 30 at least. 0 means for ever.
# c.PlatformApp.keep_acts_days = 1095

# For how many days every saved state of a file is kept; later the last one of each hour is. 0
# means for ever. What a checkpoint marks is always kept.
# c.PlatformApp.keep_everything_days = 30.0

# For how many days the last state of a file in each hour is kept; later the last one of each day
# is.
# c.PlatformApp.keep_hourly_days = 90.0

# The largest file, in megabytes, that may be uploaded.
# c.PlatformApp.max_file_mb = 5120

# How many sandboxes may run at once on this server.
# c.PlatformApp.max_sandboxes = 100

# How many sandboxes of one user's own projects may run at once. 0 means no limit.
# c.PlatformApp.max_sandboxes_per_user = 10

# How many times in ten minutes sandboxes of one user's own projects may be started. 0 means no
# limit.
# c.PlatformApp.max_starts_per_user = 60

# How many terminals one user may have open.
# c.PlatformApp.max_terminals_per_user = 20

# How many starts of sandboxes may wait for a place; a further one is refused. 0 means no limit.
# c.PlatformApp.max_waiting_starts = 200

# How many may wait when many were needed at once within the last hour, or learners have opened
# their page since and have none yet, and the machine has memory for them.
# c.PlatformApp.max_warm_sandboxes = 50

# How many megabytes of saves may wait on this server while a remote object store does not answer.
# Beyond that saves are refused until it does. 0: none may wait.
# c.PlatformApp.outbox_mb = 10240

# Which packages may be installed: names, or patterns such as `scikit-*`.
# c.PlatformApp.package_allow = ['*']

# How many megabytes of packages are kept on this server, for all projects.
# c.PlatformApp.package_cache_mb = 20480

# For how many days after its upload a file of the public index counts as young: whoever installs
# it is told, as most malicious releases are found within days. 0: none counts as young.
# c.PlatformApp.package_cool_off_days = 0.0

# Whether young files are refused. Then those whose age the index does not say are, too.
# c.PlatformApp.package_cool_off_denies = False

# Which packages may not be installed, even if `package_allow` has them.
# c.PlatformApp.package_deny = []

# The package index that pip and uv in the sandboxes install from, through this server: the address
# of its simple API. Empty: the one that pip on this server uses.
# c.PlatformApp.package_index = ''

# The largest file, in megabytes, that may be installed from.
# c.PlatformApp.package_max_file_mb = 2048

# The names, or patterns such as `acme-*`, of packages that come from `package_private_index` and
# are never looked for anywhere else.
# c.PlatformApp.package_private = []

# A second index, for the packages that `package_private` names: the address of its simple API,
# with a name and password if it needs them.
# c.PlatformApp.package_private_index = ''

# How many megabytes the packages of one project may take in all. 0 means no limit but that of the
# disk.
# c.PlatformApp.package_project_mb = 0

# Whether only wheels may be installed, which run no code while they are.
# c.PlatformApp.package_wheels_only = False

# How many files one project may have.
# c.PlatformApp.project_files = 50000

# How many megabytes the files of one project may have in all. What code writes beyond that stays
# in its sandbox only, and the project says so. Earlier states do not count.
# c.PlatformApp.project_mb = 51200

# Whether no sandbox is started while the container engine or its runtime has a known way out of a
# container. If not, the server says so in its log when it starts.
# c.PlatformApp.require_patched_engine = False

# How many processors' worth of time a sandbox may use.
# c.PlatformApp.sandbox_cpus = 1.0

# How many files and folders those may have.
# c.PlatformApp.sandbox_disk_files = 1000000

# How many megabytes of the server's disk the files and the home of one project may take, caches
# and what is not kept included. A sandbox that goes on writing beyond it is stopped, and no file
# in it can be larger.
# c.PlatformApp.sandbox_disk_mb = 65536

# A sandbox in which nothing ran and nobody typed for so many hours is stopped. What its code wrote
# is kept, and its people are warned five minutes before. 0 means never.
# c.PlatformApp.sandbox_idle_hours = 2.0

# The sandboxes' container image. Empty: the one that `jupyter platform image build` makes.
# c.PlatformApp.sandbox_image = ''

# A sandbox is stopped when it has run for so many hours, whatever runs in it; its people are
# warned a quarter of an hour before. Files are kept, variables are not. 0 means never.
# c.PlatformApp.sandbox_max_hours = 0.0

# How many megabytes of memory a sandbox may use. Code that takes more is killed, and its user is
# told why.
# c.PlatformApp.sandbox_memory_mb = 512

# How many processes and threads a sandbox may have.
# c.PlatformApp.sandbox_processes = 256

# What is otherwise for the sandboxes of projects whose owner has a role: `{"reviewer": {"cpus": 2,
# "memory_mb": 1024, "processes": 512}}`. What is not named is as for everybody. An admin can set
# limits for a single project, too.
# c.PlatformApp.sandbox_role_limits = {}

# The container runtime of the sandboxes, by the name that the engine has for it, such as `runsc`
# for gVisor. Empty: the engine's default.
# c.PlatformApp.sandbox_runtime = ''

# The size of a sandbox's /tmp in megabytes. What is in it counts as memory.
# c.PlatformApp.sandbox_tmp_mb = 64

# To how many megabytes the memory limits of all running sandboxes may add up; further starts wait.
# 0 means no limit: most sandboxes use far less than they may.
# c.PlatformApp.sandboxes_memory_mb = 0

# Whether whoever reaches the server may make a learner's account. If not, accounts are made with
# `jupyter platform user add`.
# c.PlatformApp.sign_up = True

# For how many seconds a start waits for a place before it is refused. 0: for ever.
# c.PlatformApp.start_patience_seconds = 120.0

# A terminal that nobody used for so many hours is closed. 0 means never.
# c.PlatformApp.terminal_idle_hours = 0.0

# For how many hours the bytes of a file have to be unused, by any state of a file and any
# submission, before they are removed. Up to twice as many pass.
# c.PlatformApp.unused_hours = 24.0

# How many sandboxes wait, started, for a project that needs one. Each takes about 40 MB. 0: none;
# then a first cell takes half a second longer.
# c.PlatformApp.warm_sandboxes = 2

# How many kernels one user may have running. 0 means no limit.
# c.PlatformKernels.max_kernels_per_user = 10

# How many megabytes the server may hold for one project's kernel messages that are on their way.
# What exceeds it is left out of the output, and the user is told.
# c.PlatformKernels.project_memory_mb = 64

# How many megabytes the server may hold, for everybody, of what cells have put out and their pages
# may not have saved. A project has an eighth of it at most. What exceeds it is left out of the
# notebooks that the server saves by itself, and they say so.
# c.PlatformKernels.recorded_memory_mb = 256

# How long a kernel that is asked to shut down may take, in seconds, before it is killed. 0 kills
# it at once.
# c.PlatformKernel.shutdown_patience = 1.0
