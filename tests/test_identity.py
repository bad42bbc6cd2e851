"""The identity that lasts: ids that exist never change, whatever is added to a spec."""

from typing import Annotated

import pytest
from pydantic import Field

from hpviz.runs.reference import reference_runs
from hpviz.spec import RunSpec, build_spec

SCENES = {
    "dataset": "scenes",
    "fingerprint": "87fac7310de26864edf019e5333af876d8c645654d0a981e01d008122bc2673b",
    "per_class": 300,
    "precision": "bf16",
}
PHOTOS = {
    "dataset": "photos",
    "fingerprint": "6322c30ff59eca8d61850aaaea7cab8efce07747f249703f44ce46da76cc2f02",
    "image_size": 16,
    "padding": "same",
    "batch_size": 6,
}
RESNET = {"model": "resnet18"}
SAME = {"padding": "same"}

# Ids as hpviz 0.1.0 wrote them: those of its reference runs (seeds 0, 1 and 2), then those of `fixtures/v0_1`.
REFERENCE = [
    ({"batch_size": 2}, ("31bdb674edfe", "88587feeb325", "138097f0da3c")),
    ({}, ("d6ebcc8e84ed", "8e536cd97b7d", "c321879c5541")),
    ({"batch_size": 64}, ("78e9a79477f4", "fc8c6df5590a", "f36b0a8bcc53")),
    ({"optimizer": "adamw", "weight_decay": 1.0}, ("f8c325afb214", "c754fc17124f", "d334a36c9094")),
    ({**SAME, "kernel_width": 3}, ("9f22deb85ea8", "15a57be751b0", "8218c17072de")),
    ({**SAME, "kernel_width": 5}, ("8ca0eea981a5", "a2ce230eb85c", "1bd24104454c")),
    ({**SAME, "kernel_width": 7}, ("7934c12c49e8", "d28fc88be4d3", "59957bdfc900")),
    ({**SAME, "kernel_width": 9}, ("c04d238a050c", "2e81ff5d508b", "bb0e7aaee502")),
    ({**RESNET, "learning_rate": 1e-7}, ("da8781eef8b3", "e02884b5318c", "741b469ecb71")),
    ({**RESNET, "learning_rate": 1e-5}, ("c044315f3b2c", "7286eae8ca77", "a5d99f630741")),
    (RESNET, ("d660292eb91a", "1f5961a103c4", "91e85776ba5d")),
    ({**RESNET, "learning_rate": 1e-3}, ("0802479f8207", "238d301bf6a4", "c6a3bc49bb03")),
    ({**RESNET, "learning_rate": 1e-2}, ("218b98162fb2", "e75b0ba88b97", "1b02f9de344c")),
    ({"weight_decay": 1e-4}, ("b46af958e283", "bb12162d89cb", "6f2a5bd2ea7f")),
    ({"weight_decay": 1e-2}, ("522cad30da9e", "711449b0b788", "6ab061637971")),
    ({"weight_decay": 1.0}, ("16ea219eb7b0", "a9fdd7763582", "9194bbb2c238")),
]
FIXTURE = [
    ({"optimizer": "sgd", "learning_rate": 0.05}, "6b377b8f5793"),
    ({"optimizer": "sgd", "learning_rate": 0.05, "seed": 7}, "e146f7094691"),
    ({"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.01}, "b11e347004e3"),
    ({"kernel_width": 3, "per_class": 8, "weight_decay": 0.01}, "83dff9a69ff7"),
    ({"optimizer": "adamw", "kernel_width": 3, "normalisation": "channel", "seed": 3}, "2c6fbc6a239f"),
    ({"learning_rate": 1e4, "validation_fraction": 0.25}, "3a217324f0fd"),
]
GOLDEN = [
    *((SCENES | fields | {"seed": seed}, run_id) for fields, ids in REFERENCE for seed, run_id in enumerate(ids)),
    *((PHOTOS | fields, run_id) for fields, run_id in FIXTURE),
]


@pytest.mark.parametrize(("fields", "run_id"), GOLDEN, ids=[run_id for _, run_id in GOLDEN])
def test_an_id_that_exists_stays(fields, run_id):
    assert build_spec(**fields).run_id == run_id


def test_the_reference_runs_that_hpviz_comes_with_have_the_ids_of_their_specs():
    for run in reference_runs():
        assert build_spec(**run["spec"]).run_id == run["id"].partition("-")[0]


class Grown(RunSpec):
    """A spec of some later version, with one field more."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0


def test_a_field_added_later_changes_no_id_at_its_neutral_value_and_every_id_at_another():
    for fields, run_id in GOLDEN:
        assert Grown(**fields).run_id == Grown(**fields, label_smoothing=0.0).run_id == run_id
        assert Grown(**fields, label_smoothing=0.1).run_id != run_id
